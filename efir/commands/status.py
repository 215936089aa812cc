"""`efir status`: what is stored, when the last round was, what was agreed to."""

from datetime import datetime

import click

from efir.exits import Exit
from efir.i18n import _
from efir.options import Shared, shared_options
from efir.standing import look, plain_words, sending_words
from measurements.records import SummaryLine


@click.command()
@shared_options
def command(shared: Shared) -> Exit:
    """Show what is stored on this device, the last round, and what you agreed to."""
    stands = look(shared)
    consent, stored, day_limit = stands.consent, stands.stored, stands.day_limit
    time, last = stored.last or (None, None)
    shared.out.line(
        {
            "type": "status",
            "state": str(shared.state),
            "consent": consent,
            "last_round": time,
            "online": last.online if last else None,
            "stored": stored.counts or None,
            "encrypted": stored.encrypted,
            "day_bytes": stored.day_bytes,
            "day_limit": day_limit,
            "invite": stands.invited,
            "upload": stored.sending,
            "asn": stands.place.asn,
            "country": stands.place.country,
        }
    )
    shared.out.text(_("Folder: {path}").format(path=shared.state))
    shared.out.text(
        _("Consent: recorded {time:%Y-%m-%d}").format(time=consent.time) if consent else _("Consent: none")
    )
    if stored.encrypted is False:
        shared.out.text(plain_words())
    if stored.counts and day_limit is not None:
        used, most = stored.day_bytes / 1e6, day_limit / 1e6
        shared.out.text(
            _("Data of the last 24 hours: {used:.1f} of {limit:.0f} MB").format(used=used, limit=most)
        )
    shared.out.text(_last_words(stored.last))
    if counts := stored.counts:
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
        shared.out.text(sending_words(stands))
    if stands.place.asn is not None:
        place = stands.place
        shared.out.text(
            _("Network: AS{asn}, {country}, as the collector sees it").format(
                asn=place.asn, country=place.country or "-"
            )
        )
    return Exit.OK


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
