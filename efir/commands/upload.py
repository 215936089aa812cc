"""`efir upload`: send what waits to the collector of the invite, show it first, or take it all back."""

import asyncio
import time
from typing import TYPE_CHECKING

import click
import msgspec

from efir.exits import Exit
from efir.options import Shared, shared_options
from efir.uploading import (
    PROXY,
    open_spool,
    preview_words,
    require_invite,
    require_upload,
    send_now,
    sent_words,
    withdraw,
    withdrawn_words,
)

if TYPE_CHECKING:
    from measurements.invite import Invite


@click.command()
@click.option("--preview", is_flag=True, help="Show every record that would go; send nothing.")
@click.option(
    "--withdraw",
    "take_back",
    is_flag=True,
    help="Have everything deleted that you sent, and send nothing more.",
)
@click.option(
    "--proxy",
    envvar=PROXY,
    metavar="URL",
    help="Send through this HTTP proxy, such as http://127.0.0.1:8118; default: $EFIR_PROXY.",
)
@shared_options
def command(shared: Shared, preview: bool, take_back: bool, proxy: str | None) -> Exit:
    """Send the results that wait to the collector of your invite, sealed to the operator's key.

    Ends with 6 if results still wait afterwards; they stay safe here.
    """
    if take_back:
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
    shared.out.text(preview_words(items))
    return Exit.OK


def _send(shared: Shared, proxy: str | None) -> Exit:
    _consent, invite = require_upload(shared)
    with open_spool(shared) as spool:
        sent = asyncio.run(send_now(shared, invite, spool, proxy, time.time))
    shared.out.line({"type": "upload", **vars(sent)})
    for text in sent_words(sent):
        shared.out.text(text)
    return Exit.UPLOAD_PENDING if sent.waiting or sent.problem else Exit.OK


def _withdraw(shared: Shared, invite: "Invite", proxy: str | None) -> Exit:
    """Ask for deletion first; consent to send ends either way."""
    reply = asyncio.run(withdraw(shared, invite, proxy))
    deleted = reply.answer.withdrawn if reply.answer else None
    shared.out.line({"type": "withdrawal", "deleted": deleted, "problem": reply.problem})
    for text in withdrawn_words(reply):
        shared.out.text(text)
    return Exit.UPLOAD_PENDING if deleted is None else Exit.OK
