"""`efir upload`: send what waits to the collector of the invite, show it first, or take it all back."""

import asyncio
import time
from typing import TYPE_CHECKING

import click
import msgspec

from efir.exits import Exit
from efir.i18n import _
from efir.options import Shared, shared_options
from efir.uploading import (
    PROXY,
    make_sealer,
    make_sender,
    open_spool,
    require_invite,
    require_upload,
    send_now,
)

if TYPE_CHECKING:
    from measurements.invite import Invite


@click.command()
@click.option("--preview", is_flag=True, help="Show every record that would go; send nothing.")
@click.option(
    "--withdraw", is_flag=True, help="Have everything deleted that you sent, and send nothing more."
)
@click.option(
    "--proxy",
    envvar=PROXY,
    metavar="URL",
    help="Send through this HTTP proxy, such as http://127.0.0.1:8118; default: $EFIR_PROXY.",
)
@shared_options
def command(shared: Shared, preview: bool, withdraw: bool, proxy: str | None) -> Exit:
    """Send the results that wait to the collector of your invite, sealed to the operator's key.

    Ends with 6 if results still wait afterwards; they stay safe here.
    """
    if withdraw:
        return _withdraw(shared, require_invite(shared), proxy)
    if preview:
        return _preview(shared)
    return _send(shared, proxy)


def _preview(shared: Shared) -> Exit:
    with open_spool(shared) as spool:
        items = spool.waiting()
    for item in items:
        shared.out.line({"type": "preview", **msgspec.to_builtins(item, builtin_types=(msgspec.Raw,))})
        if not shared.out.as_json:
            shared.out.text(msgspec.json.encode(item).decode())
    size = sum(len(bytes(item.record)) for item in items)
    shared.out.text(
        _("{number} results would be sent, {kilobytes:.0f} kB before compression. Nothing was sent.").format(
            number=len(items), kilobytes=size / 1000
        )
    )
    return Exit.OK


def _send(shared: Shared, proxy: str | None) -> Exit:
    _consent, invite = require_upload(shared)
    with open_spool(shared) as spool:
        sent = asyncio.run(send_now(shared, invite, spool, proxy, time.time))
    shared.out.line({"type": "upload", **vars(sent)})
    shared.out.text(
        _("{number} results are with the operator; {waiting} still wait.").format(
            number=sent.acknowledged, waiting=sent.waiting
        )
    )
    if sent.refused:
        shared.out.text(_("{number} were refused for good and stay here.").format(number=sent.refused))
    if sent.problem:
        shared.out.text(_("Not sent: {problem}. They are kept and tried again.").format(problem=sent.problem))
    return Exit.UPLOAD_PENDING if sent.waiting or sent.problem else Exit.OK


def _withdraw(shared: Shared, invite: "Invite", proxy: str | None) -> Exit:
    """Ask for deletion first; consent to send ends either way."""
    from measurements.state import StateFolder
    from vantage.consent import read_consent, write_consent
    from vantage.upload.client import Reply

    folder = StateFolder(shared.state)
    consent = read_consent(folder)
    if consent is not None and consent.upload:
        write_consent(folder, msgspec.structs.replace(consent, upload=False, live=False))
    sealer = make_sealer(shared, invite, own_line=False)

    async def send() -> Reply:
        async with make_sender(shared, invite, proxy) as sender:
            return await sender.send(sealer.withdrawal, 1)

    reply = asyncio.run(send())
    deleted = reply.answer.withdrawn if reply.answer else None
    shared.out.line({"type": "withdrawal", "deleted": deleted, "problem": reply.problem})
    shared.out.text(_("Nothing more will be sent from this device."))
    if deleted is None:
        shared.out.text(
            _("The collector could not be asked to delete ({problem}); try again later.").format(
                problem=reply.problem
            )
        )
        return Exit.UPLOAD_PENDING
    shared.out.text(
        _("The collector deleted {number} results. Figures already published stay.").format(number=deleted)
    )
    return Exit.OK
