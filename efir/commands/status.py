"""`efir status`: what is stored, when the last round was, what was agreed to."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from efir.exits import Exit
from efir.i18n import _
from efir.options import Shared, shared_options
from efir.standing import Standing, look, plain_words, sending_words
from measurements.records import SummaryLine


@click.command()
@shared_options
def command(shared: Shared) -> Exit:
    """Show what is stored on this device, the last round, and what you agreed to."""
    stands = look(shared)
    shared.out.line(_line(shared, stands))
    shared.out.text(_("Folder: {path}").format(path=shared.state))
    for text in _texts(stands):
        shared.out.text(text)
    return Exit.OK


def _line(shared: Shared, stands: Standing) -> dict[str, Any]:
    stored = stands.stored
    time, last = stored.last or (None, None)
    return {
        "type": "status",
        "state": str(shared.state),
        "consent": stands.consent,
        "last_round": time,
        "online": last.online if last else None,
        "stored": stored.counts or None,
        "encrypted": stored.encrypted,
        "day_bytes": stored.day_bytes,
        "day_limit": stands.day_limit,
        "invite": stands.invited,
        "upload": stored.sending,
        "asn": stands.place.asn,
        "country": stands.place.country,
    }


def _texts(stands: Standing) -> Iterator[str]:
    consent, stored, place = stands.consent, stands.stored, stands.place
    yield _("Consent: recorded {time:%Y-%m-%d}").format(time=consent.time) if consent else _("Consent: none")
    if stored.encrypted is False:
        yield plain_words()
    if stored.counts and stands.day_limit is not None:
        used, most = stored.day_bytes / 1e6, stands.day_limit / 1e6
        yield _("Data of the last 24 hours: {used:.1f} of {limit:.0f} MB").format(used=used, limit=most)
    yield _last_words(stored.last)
    if counts := stored.counts:
        yield _(
            "Stored: {rounds} rounds, {observations} observations ({waiting} not sent), {used:.1f} of {cap:.0f} MB"
        ).format(
            rounds=counts["rounds"],
            observations=counts["observations"],
            waiting=counts["not_uploaded"],
            used=counts["bytes"] / 1e6,
            cap=counts["cap_bytes"] / 1e6,
        )
        yield sending_words(stands)
    if place.asn is not None:
        yield _("Network: AS{asn}, {country}, as the collector sees it").format(
            asn=place.asn, country=place.country or "-"
        )


def _last_words(last: tuple[datetime, SummaryLine] | None) -> str:
    if last is None:
        return _("No round yet. To measure once: efir run --once")
    time, summary = last
    return _("Last round: {time:%Y-%m-%d %H:%M} UTC, {answer}, {kilobytes:.0f} kB in {seconds:.0f} s").format(
        time=time,
        answer=_("online") if summary.online else _("offline"),
        kilobytes=(summary.bytes_sent + summary.bytes_received) / 1000,
        seconds=summary.duration_seconds,
    )
