"""`efir bundle`: the sealed batches of an upload, written to a file to be carried by hand."""

from pathlib import Path

import click

from efir.exits import EfirError, Exit
from efir.i18n import _
from efir.options import Shared, new_file_option, shared_options
from efir.uploading import make_sealer, open_spool, require_upload


@click.command()
@new_file_option
@shared_options
def command(shared: Shared, out: Path) -> Exit:
    """Write what waits to a file, sealed as for an upload; the operator takes it with `efir collect take`.

    The results stay marked as waiting: should the file be lost, they can still be sent. The collector counts each once.
    """
    from vantage.upload.bundle import write_bundle

    _consent, invite = require_upload(shared)
    sealer = make_sealer(shared, invite, own_line=False)
    with open_spool(shared) as spool:
        items = spool.waiting()
    try:
        size = write_bundle(out, items, sealer)
    except FileExistsError:
        raise EfirError(_("{file} exists; give a new name").format(file=out)) from None
    except OSError as error:
        raise EfirError(
            _("{file} cannot be written: {error}").format(file=out, error=error.strerror)
        ) from None
    shared.out.line({"type": "bundle", "results": len(items), "bytes": size, "out": str(out)})
    shared.out.text(
        _("{number} results in {file}, {kilobytes:.0f} kB, sealed for the operator.").format(
            number=len(items), file=out, kilobytes=size / 1000
        )
    )
    return Exit.OK
