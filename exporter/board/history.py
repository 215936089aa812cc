"""What each vantage said in each hour: the raw material of the last 24 hours and 30 days. Pure.

A record belongs to the hour in which it was measured, however late it arrives; that is what sets this apart from
`exporter.live`, which knows only what is fresh.

Thirty days of 500 vantages are 2.5 million words. So hours that are over are kept packed, a tenth of the size, and
opened again only for what arrives late; and what a network said in an hour is counted once.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Final, NamedTuple

import msgspec

from exporter.board.series import Hour
from exporter.known import Place
from exporter.live import AHEAD
from exporter.pairs import Pairing
from exporter.source import Arrivals, Session
from exporter.standing import badness
from measurements.records import Observation, VerdictLine

KEPT: Final = timedelta(days=30)
HOUR: Final = timedelta(hours=1)
# The partner of a flow follows within seconds; an upload may bring the two in different batches.
_PARTNER_WITHIN: Final = timedelta(hours=2)


class Cell(NamedTuple):
    """One platform in one network; `asn` and `country` as in the labels of metrics."""

    asn: str
    country: str
    platform: str


class Heard(msgspec.Struct, array_like=True):
    """What one vantage said in one hour."""

    word: str | None = None  # the worst verdict of the hour
    session_ratio: float | None = None
    pair_ratios: list[float] = []

    @property
    def ratio(self) -> float | None:
        """Platform's goodput / control's: of a session, else the median of single pairs."""
        if self.session_ratio is not None:
            return self.session_ratio
        return median(self.pair_ratios) if self.pair_ratios else None

    def say(self, word: str) -> None:
        self.word = word if self.word is None else min(self.word, word, key=badness)


def hour_of(time: datetime) -> datetime:
    """The start of the UTC hour."""
    return time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


Words = dict[str, Heard]  # vantage -> what it said
Count = Callable[[datetime, Words], Hour]
_PACKED: Final = msgspec.msgpack.Decoder(dict[int, Heard])


class _Hours:
    """Of one cell."""

    def __init__(self) -> None:
        self.open: dict[datetime, dict[int, Heard]] = {}
        self.packed: dict[datetime, bytes] = {}
        self.counted: dict[datetime, Hour] = {}

    def heard(self, start: datetime) -> dict[int, Heard]:
        """To be changed."""
        if start not in self.open:
            packed = self.packed.pop(start, None)
            self.open[start] = _PACKED.decode(packed) if packed else {}
        return self.open[start]

    def said(self, start: datetime) -> dict[int, Heard]:
        """To be looked at."""
        packed = self.packed.get(start)
        return _PACKED.decode(packed) if packed else self.open.get(start, {})

    def pack(self, before: datetime) -> None:
        for start in [start for start in self.open if start < before]:
            self.packed[start] = msgspec.msgpack.encode(self.open.pop(start))

    def forget(self, before: datetime) -> None:
        for hours in (self.open, self.packed, self.counted):
            for start in [start for start in hours if start < before]:
                del hours[start]


class History:
    """Takes arrivals, remembers `KEPT`."""

    def __init__(self) -> None:
        self._cells: dict[Cell, _Hours] = defaultdict(_Hours)
        self._numbers: dict[str, int] = {}  # of vantages, since a name takes ten times the room of a number
        self._names: list[str] = []
        self._place: dict[str, Place] = {}
        self._pairing = Pairing()
        self._past_pairing = Pairing()  # read backwards, and in pieces: a pair may lie across two of them
        self._changed: set[tuple[Cell, datetime]] = set()
        self._forgot = datetime.min.replace(tzinfo=UTC)

    @property
    def cells(self) -> Collection[Cell]:
        """Of which anything was ever heard."""
        return self._cells.keys()

    def heard(self, cell: Cell, start: datetime) -> Words:
        """What was said in the hour that starts then."""
        hours = self._cells.get(cell)
        return {self._names[number]: each for number, each in hours.said(start).items()} if hours else {}

    def hours(self, cell: Cell, starts: Sequence[datetime], count: Count) -> list[Hour]:
        """Each of these hours, counted where it has changed since it was counted last, always by the same `count`."""
        self.count(count)
        hours = self._cells.get(cell)
        if hours is None:
            return [count(start, {}) for start in starts]
        return [hours.counted.get(start) or count(start, {}) for start in starts]

    def count(self, count: Count) -> None:
        """Count the hours that have changed."""
        for cell, start in self._changed:
            self._cells[cell].counted[start] = count(start, self.heard(cell, start))
        self._changed.clear()

    def take(self, arrivals: Arrivals, now: datetime, past: bool = False) -> None:
        """Add what arrived by `now`, or is a piece of the `past`.

        What claims to come from the future, or is older than kept, is left out.
        """
        pairing = self._past_pairing if past else self._pairing
        for row in arrivals.observations:
            self._observation(row, now, pairing)
        for line in arrivals.verdicts:
            self._verdict(line, now)
        for session in arrivals.sessions:
            self._session(session, now)
        self._forget(now)

    def _observation(self, row: Observation, now: datetime, pairing: Pairing) -> None:
        self._meet(row.vantage, Place(row.asn, row.country, row.access))
        if row.probe != "transfer" or not _kept(row.time, now):
            return
        pair = pairing.add(row)
        if pair is not None:
            self._heard(row.vantage, pair.platform, pair.time).pair_ratios.append(pair.ratio)

    def _verdict(self, line: VerdictLine, now: datetime) -> None:
        if line.vantage is None or line.endpoint is not None or not _kept(line.time, now):
            return
        self._meet(line.vantage, Place(line.asn, line.country))
        self._heard(line.vantage, line.platform, line.time).say(line.verdict)

    def _session(self, session: Session, now: datetime) -> None:
        if session.vantage is None or not _kept(session.time, now):
            return
        heard = self._heard(session.vantage, session.line.platform, session.time)
        heard.session_ratio = session.line.ratio
        if session.line.verdict == "throttled":
            heard.say("throttled")

    def _meet(self, vantage: str, place: Place) -> None:
        self._place[vantage] = place.or_else(self._place.get(vantage, Place()))

    def _heard(self, vantage: str, platform: str, time: datetime) -> Heard:
        cell = Cell(*self._place.get(vantage, Place()).labels, platform)
        if vantage not in self._numbers:
            self._numbers[vantage] = len(self._names)
            self._names.append(vantage)
        start = hour_of(time)
        self._changed.add((cell, start))
        return self._cells[cell].heard(start).setdefault(self._numbers[vantage], Heard())

    def _forget(self, now: datetime) -> None:
        self._pairing.forget(now - _PARTNER_WITHIN)
        for hours in self._cells.values():
            hours.pack(hour_of(now))
        if hour_of(now) > self._forgot:
            self._forgot = hour_of(now)
            for hours in self._cells.values():
                hours.forget(now - KEPT - HOUR)


def _kept(time: datetime, now: datetime) -> bool:
    return now - KEPT <= time <= now + AHEAD
