"""How this device stands: consent, what is stored and spent, the last round, sending. Looking creates nothing."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from efir.i18n import _
from efir.options import Shared
from measurements.identity import Place, place_of
from measurements.records import SummaryLine
from measurements.spool_file import Content, content
from measurements.state import StateFolder
from measurements.store import Spool
from vantage.budget import is_metered, limit, spent_today
from vantage.consent import Consent, read_consent
from vantage.line import Stated, read_stated
from vantage.network import network_key
from vantage.upload.standing import Standing as Sending
from vantage.upload.standing import standing

_ENCRYPTED: Final[dict[Content, bool | None]] = {"nothing": None, "plain": False, "encrypted": True}


@dataclass(frozen=True)
class Stored:
    """What the spool tells."""

    counts: dict[str, int] = field(default_factory=dict)  # as `Spool.counts`; empty = nothing was measured
    last: tuple[datetime, SummaryLine] | None = None  # start and summary of the last round
    day_bytes: int = 0  # of the last 24 hours, both ways
    encrypted: bool | None = None  # on disk; None = nothing lies there
    sending: Sending = field(default_factory=Sending)


@dataclass(frozen=True)
class Standing:
    """What the state folder tells."""

    consent: Consent | None
    stated: Stated | None
    invited: bool
    place: Place  # of the network that the device is on
    stored: Stored

    @property
    def day_limit(self) -> int | None:
        """Bytes a day may cost; None without consent."""
        return limit(is_metered("auto", self.stated, self.consent)) if self.consent else None


def look(shared: Shared) -> Standing:
    """How things stand. Raises StateError, StoreError."""
    path = StateFolder(shared.state).spool
    if not path.exists():
        return look_through(shared, None)
    with Spool(path) as spool:
        return look_through(shared, spool)


def look_through(shared: Shared, spool: Spool | None) -> Standing:
    """The same with a store that is open; None where nothing was stored yet."""
    folder = StateFolder(shared.state)
    stored = look_into(spool) if spool else Stored()
    place = place_of(folder, network_key())
    return Standing(read_consent(folder), read_stated(folder), folder.invite.exists(), place, stored)


def look_into(spool: Spool) -> Stored:
    """What is stored. Raises StoreError."""
    now = datetime.now(UTC)
    return Stored(
        counts=spool.counts(),
        last=next(iter(spool.rounds(limit=1)), None),
        day_bytes=spent_today(spool, now).total,
        encrypted=_ENCRYPTED[content(spool.path)],
        sending=standing(spool),
    )


def plain_words() -> str:
    """Said of a store that is not encrypted."""
    return _(
        "Stored results are not encrypted: this installation has no SQLCipher. "
        "Use the system's disk encryption, or efir run --keep-nothing"
    )


def sending_words(stands: Standing) -> str:
    """How sending stands, in one sentence."""
    if stands.consent is None or not stands.consent.upload:
        return _("Sending: not agreed; results stay here")
    if not stands.invited:
        return _("Sending: no invite yet")
    sending = stands.stored.sending
    words = _("Sending: last {last}, next {next}").format(
        last=_day(sending.last_success), next=_day(sending.due)
    )
    return f"{words} ({sending.problem})" if sending.problem else words


def _day(time: float | None) -> str:
    return _("not known") if time is None else f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M} UTC"
