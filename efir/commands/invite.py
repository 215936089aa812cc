"""`efir invite`: take the operator's invite."""

from pathlib import Path
from urllib.parse import urlsplit

import click
import msgspec

from efir.exits import Exit
from efir.i18n import _
from efir.options import Shared, shared_options
from measurements.invite import read_invite
from measurements.state import StateFolder, write_private


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@shared_options
def command(shared: Shared, file: Path) -> Exit:
    """Keep the invite in FILE: where results go, and the operator's key that they are sealed to.

    It replaces an earlier one. Nothing is sent before you agree: efir consent --with-upload.
    """
    invite = read_invite(file)
    folder = StateFolder(shared.state)
    folder.create()
    write_private(folder.invite, msgspec.json.encode(invite))
    hosts = [urlsplit(url).hostname for url in invite.collectors]
    shared.out.line(
        {"type": "invite", "id": invite.id, "collectors": hosts, "helper": invite.helper is not None}
    )
    shared.out.text(
        _("Invite {id} is kept. Results would go to: {hosts}.").format(
            id=invite.id, hosts=", ".join(filter(None, hosts))
        )
    )
    shared.out.text(_("The file {file} is no longer needed here; delete it.").format(file=file))
    return Exit.OK
