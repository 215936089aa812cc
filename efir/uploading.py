"""From shared options to an upload: consent, invite, sealer and sender."""

import os
import random
import time
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec

from efir.exits import EfirError
from efir.i18n import _
from efir.options import Shared
from measurements.batch import Item
from measurements.identity import Place, learn_place, pseudonym
from measurements.invite import Invite, read_invite
from measurements.state import StateFolder, write_private
from measurements.store import Spool
from vantage.consent import Consent, NoConsent, read_consent, require_consent, write_consent
from vantage.network import network_key
from vantage.upload.batching import Sealer
from vantage.upload.client import Reply, Sender
from vantage.upload.rules import planned
from vantage.upload.sending import Sent, anything, send_all
from vantage.upload.standing import keep, standing

# Names the proxy of automatic uploads too, which have no options.
PROXY: Final = "EFIR_PROXY"


def require_upload(shared: Shared) -> tuple[Consent, Invite]:
    """Consent to upload, and the invite. Raises NoConsent, EfirError (exit 3)."""
    folder = StateFolder(shared.state)
    consent = require_consent(folder)
    if not consent.upload:
        raise NoConsent(_("you have not agreed to send results; to agree: efir consent --with-upload"))
    return consent, require_invite(shared)


def require_invite(shared: Shared) -> Invite:
    """The invite on this device. Raises EfirError (exit 3), InviteError."""
    folder = StateFolder(shared.state)
    if not folder.invite.exists():
        raise EfirError(
            _(
                "there is no invite, so nobody to send results to; take one with: efir invite FILE "
                "(results for your own use: efir export)"
            )
        )
    return read_invite(folder.invite)


def keep_invite(shared: Shared, invite: Invite) -> None:
    """Keep it in place of an earlier one. Raises StateError."""
    folder = StateFolder(shared.state)
    folder.create()
    write_private(folder.invite, msgspec.json.encode(invite))


def hosts(invite: Invite) -> list[str]:
    """Where results would go."""
    return [urlsplit(url).hostname or "" for url in invite.collectors]


def kept_words(invite: Invite) -> str:
    """Said of an invite that was taken."""
    return _("Invite {id} is kept. Results would go to: {hosts}.").format(
        id=invite.id, hosts=", ".join(hosts(invite))
    )


def open_spool(shared: Shared) -> Spool:
    """The spool of the state folder. Raises StoreError if nothing was measured yet."""
    return Spool(StateFolder(shared.state).spool, must_exist=True)


def make_sealer(shared: Shared, invite: Invite, *, own_line: bool) -> Sealer:
    """`own_line`: batches leave by the network that this device is on, not by a proxy or by hand."""
    who = pseudonym(StateFolder(shared.state), network_key(), time.time()) if own_line else None
    return Sealer(invite, who, time.time, os.urandom)


def make_sender(shared: Shared, invite: Invite, proxy: str | None) -> Sender:
    """A sender that trusts `--ca-file` or the bundled roots, never the system's."""
    import ssl

    from probes.roots import bundled

    tls = ssl.create_default_context(cafile=str(shared.ca_file or bundled()))
    return Sender(invite, random.SystemRandom().random, tls=tls, proxy=proxy)


async def send_now(
    shared: Shared,
    invite: Invite,
    spool: Spool,
    proxy: str | None,
    clock: Callable[[], float],
    room: Callable[[int], bool] = anything,
) -> Sent:
    """Send what waits, as far as there is `room(bytes)`. Raises StoreError."""
    sealer = make_sealer(shared, invite, own_line=proxy is None)
    async with make_sender(shared, invite, proxy) as sender:
        sent = await send_all(spool, sealer, sender, clock, room)
    if sealer.vantage and sent.place != Place():
        learn_place(StateFolder(shared.state), sealer.vantage, sent.place)
    return sent


async def send_if_due(
    shared: Shared,
    consent: Consent,
    spool: Spool,
    clock: Callable[[], float],
    room: Callable[[int], bool] = anything,
) -> Sent | None:
    """One look of a continuous run: send if the drawn time has come, draw one if there is none. Raises StoreError.

    None where nothing was tried: no consent to send, no invite, nothing that waits, or not yet time.
    """
    if not (consent.upload and StateFolder(shared.state).invite.exists() and spool.waiting(1)):
        return None
    now, stands = clock(), standing(spool)
    due = planned(stands.due, now, consent.live, stands.failures > 0, random.SystemRandom().random)
    if due > now:
        if due != stands.due:
            keep(spool, msgspec.structs.replace(stands, due=due))
        return None
    return await send_now(shared, require_invite(shared), spool, os.environ.get(PROXY), clock, room)


async def withdraw(shared: Shared, invite: Invite, proxy: str | None) -> Reply:
    """End the consent to send, then ask the collector to delete what came under the invite."""
    folder = StateFolder(shared.state)
    consent = read_consent(folder)
    if consent is not None and consent.upload:
        write_consent(folder, msgspec.structs.replace(consent, upload=False, live=False))
    sealer = make_sealer(shared, invite, own_line=False)
    async with make_sender(shared, invite, proxy) as sender:
        return await sender.send(sealer.withdrawal, 1)


def sent_words(sent: Sent) -> list[str]:
    """What a sending came to, for people."""
    words = [
        _("{number} results are with the operator; {waiting} still wait.").format(
            number=sent.acknowledged, waiting=sent.waiting
        )
    ]
    if sent.refused:
        words.append(_("{number} were refused for good and stay here.").format(number=sent.refused))
    if sent.problem:
        words.append(_("Not sent: {problem}. They are kept and tried again.").format(problem=sent.problem))
    return words


def withdrawn_words(reply: Reply) -> list[str]:
    """What a withdrawal came to, for people."""
    deleted = reply.answer.withdrawn if reply.answer else None
    if deleted is None:
        outcome = _("The collector could not be asked to delete ({problem}); try again later.").format(
            problem=reply.problem
        )
    else:
        outcome = _("The collector deleted {number} results. Figures already published stay.").format(
            number=deleted
        )
    return [_("Nothing more will be sent from this device."), outcome]


def preview_words(items: Sequence[Item]) -> str:
    """How much would go."""
    size = sum(len(bytes(item.record)) for item in items)
    return _(
        "{number} results would be sent, {kilobytes:.0f} kB before compression. Nothing was sent."
    ).format(number=len(items), kilobytes=size / 1000)
