"""`efir status`: what is stored, when the last round was, what was agreed to."""

from datetime import UTC, datetime

import click

from efir.exits import Exit
from efir.i18n import _
from efir.options import Shared, shared_options
from measurements.records import SummaryLine
from measurements.state import StateFolder
from measurements.store import Spool
from vantage.budget import DAY, limit, spent
from vantage.consent import Consent, read_consent
from vantage.upload.sending import Standing, standing


def spent_today(spool: Spool) -> int:
    """Bytes of the last 24 hours, both ways."""
    now = datetime.now(UTC)
    return spent(spool.observations(since=now - DAY), now).total


@click.command()
@shared_options
def command(shared: Shared) -> Exit:
    """Show what is stored on this device, the last round, and what you agreed to."""
    folder = StateFolder(shared.state)
    consent = read_consent(folder)
    counts: dict[str, int] = {}
    rounds: list[tuple[object, SummaryLine]] = []
    upload = Standing()
    today = 0
    if folder.spool.exists():
        with Spool(folder.spool) as spool:
            counts = spool.counts()
            rounds = list(spool.rounds(limit=1))
            upload = standing(spool)
            today = spent_today(spool)
    time, last = rounds[0] if rounds else (None, None)
    shared.out.line(
        {
            "type": "status",
            "state": str(folder.root),
            "consent": consent,
            "last_round": time,
            "online": last.online if last else None,
            "stored": counts or None,
            "day_bytes": today,
            "day_limit": limit(consent.interactive) if consent else None,
            "invite": folder.invite.exists(),
            "upload": upload,
        }
    )
    shared.out.text(_("Folder: {path}").format(path=folder.root))
    shared.out.text(
        _("Consent: recorded {time:%Y-%m-%d}").format(time=consent.time) if consent else _("Consent: none")
    )
    if last is None:
        shared.out.text(_("No round yet. To measure once: efir run --once"))
        return Exit.OK
    if consent is not None:
        used, most = today / 1e6, limit(consent.interactive) / 1e6
        shared.out.text(
            _("Data of the last 24 hours: {used:.1f} of {limit:.0f} MB").format(used=used, limit=most)
        )
    answer = _("online") if last.online else _("offline")
    shared.out.text(
        _("Last round: {time:%Y-%m-%d %H:%M} UTC, {answer}, {kilobytes:.0f} kB in {seconds:.0f} s").format(
            time=time,
            answer=answer,
            kilobytes=(last.bytes_sent + last.bytes_received) / 1000,
            seconds=last.duration_seconds,
        )
    )
    shared.out.text(
        _(
            "Stored: {rounds} rounds, {observations} observations ({waiting} not sent), {used:.1f} of {cap:.0f} MB"
        ).format(
            rounds=counts["rounds"],
            observations=counts["observations"],
            waiting=counts["not_uploaded"],
            used=counts["bytes"] / 1e6,
            cap=counts["cap_bytes"] / 1e6,
        )
    )
    shared.out.text(_upload_words(consent, folder.invite.exists(), upload))
    return Exit.OK


def _upload_words(consent: Consent | None, invited: bool, upload: Standing) -> str:
    if consent is None or not consent.upload:
        return _("Sending: not agreed; results stay here")
    if not invited:
        return _("Sending: no invite yet")
    words = _("Sending: last {last}, next {next}").format(
        last=_day(upload.last_success), next=_day(upload.due)
    )
    return f"{words} ({upload.problem})" if upload.problem else words


def _day(time: float | None) -> str:
    return _("not known") if time is None else f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M} UTC"
