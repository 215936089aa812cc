"""`efir import`: measurements of others and our own into a folder for analysis."""

import time
from pathlib import Path

import click

from efir.exits import EfirError, Exit
from efir.i18n import _
from efir.options import Shared, shared_options


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--into", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder of the data."
)
@shared_options
def command(shared: Shared, files: tuple[Path, ...], into: Path) -> Exit:
    """Bring FILEs (or all files in folders) into a folder for analysis.

    Takes flat tables (CSV, Parquet), Efir's own database and exports, OONI's measurements (JSON lines) and observation
    tables (CSV); gzip and zstd are undone. What is there already is not added again. Ends with 5 when some record
    could not be read; everything else is kept.
    """
    from analysis.importing.run import import_files
    from analysis.ooni.platforms import platforms_of
    from analysis.parquet_store import StoreBusy
    from measurements.targets_file import load_targets

    started = time.monotonic()

    def progress(path: Path) -> None:
        if shared.out.interactive:
            shared.out.text(f"{path} ...")

    try:
        counts = import_files(files, into, platforms_of(load_targets(shared.targets)), progress)
    except StoreBusy as error:
        raise EfirError(
            _("{folder}: another import writes there; wait for it.").format(folder=error)
        ) from None
    except OSError as error:
        raise EfirError(_("cannot import: {error}").format(error=error)) from None
    line = counts.line(str(into), time.monotonic() - started)
    shared.out.line(line)
    for complaint in counts.complaints:
        shared.out.text(_("not read: {what}").format(what=complaint))
    if line.left_out:
        shared.out.text(_("columns left out: {names}").format(names=", ".join(line.left_out)))
    for title, reasons in (
        (_("not readable"), line.unreadable),
        (_("skipped"), line.skipped),
        (_("noticed"), line.noticed),
    ):
        for reason, number in sorted(reasons.items()):
            shared.out.text(f"{title}: {number} {reason}")
    shared.out.text(
        _("{read} read, {kept} new in {into}, {duplicates} known already").format(
            read=line.read, kept=line.kept, into=into, duplicates=line.duplicates
        )
    )
    return Exit.PARTIAL if line.unreadable else Exit.OK
