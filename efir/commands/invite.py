"""`efir invite`: take the operator's invite."""

from pathlib import Path

import click

from efir.exits import Exit
from efir.i18n import _
from efir.options import Shared, shared_options
from efir.uploading import hosts, keep_invite, kept_words
from measurements.invite import read_invite


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@shared_options
def command(shared: Shared, file: Path) -> Exit:
    """Keep the invite in FILE: where results go, and the operator's key that they are sealed to.

    It replaces an earlier one. Nothing is sent before you agree: efir consent --with-upload.
    """
    invite = read_invite(file)
    keep_invite(shared, invite)
    helper = invite.helper is not None
    shared.out.line({"type": "invite", "id": invite.id, "collectors": hosts(invite), "helper": helper})
    shared.out.text(kept_words(invite))
    shared.out.text(_("The file {file} is no longer needed here; delete it.").format(file=file))
    return Exit.OK
