"""What each vantage said in each hour: the raw material of the last 24 hours and 30 days. Pure.

A record belongs to the hour in which it was measured, however late it arrives; that is what sets this apart from
`exporter.live`, which knows only what is fresh.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Final, NamedTuple

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


@dataclass
class Heard:
    """What one vantage said in one hour."""

    word: str | None = None  # the worst verdict of the hour
    session_ratio: float | None = None
    pair_ratios: list[float] = field(default_factory=list)

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


Hours = dict[datetime, dict[str, Heard]]  # hour's start -> vantage -> what it said


class History:
    """Takes arrivals, remembers `KEPT`. One thread at a time."""

    def __init__(self) -> None:
        self._cells: dict[Cell, Hours] = defaultdict(lambda: defaultdict(lambda: defaultdict(Heard)))
        self._place: dict[str, Place] = {}
        self._of_run: dict[str, tuple[str, datetime]] = {}  # run id -> vantage, time
        self._pairing = Pairing()

    @property
    def cells(self) -> Mapping[Cell, Hours]:
        return self._cells

    def take(self, arrivals: Arrivals, now: datetime) -> None:
        """Add what arrived by `now`. What claims to come from the future, or is older than kept, is left out."""
        for row in arrivals.observations:
            self._observation(row, now)
        for line in arrivals.verdicts:
            self._verdict(line, now)
        for session in arrivals.sessions:
            self._session(session, now)
        self._forget(now)

    def _observation(self, row: Observation, now: datetime) -> None:
        self._meet(row.vantage, Place(row.asn, row.country, row.access), row.run_id, row.time)
        if row.probe != "transfer" or not _kept(row.time, now):
            return
        pair = self._pairing.add(row)
        if pair is not None:
            self._heard(row.vantage, pair.platform, pair.time).pair_ratios.append(pair.ratio)

    def _verdict(self, line: VerdictLine, now: datetime) -> None:
        if line.vantage is None or line.endpoint is not None or not _kept(line.time, now):
            return
        self._meet(line.vantage, Place(line.asn, line.country), line.run_id, line.time)
        self._heard(line.vantage, line.platform, line.time).say(line.verdict)

    def _session(self, session: Session, now: datetime) -> None:
        vantage = session.vantage or self._of_run.get(session.run_id or "", (None, now))[0]
        if vantage is None or not _kept(session.time, now):
            return
        heard = self._heard(vantage, session.line.platform, session.time)
        heard.session_ratio = session.line.ratio
        if session.line.verdict == "throttled":
            heard.say("throttled")

    def _meet(self, vantage: str, place: Place, run_id: str | None, time: datetime) -> None:
        self._place[vantage] = place.or_else(self._place.get(vantage, Place()))
        if run_id is not None:
            self._of_run[run_id] = (vantage, time)

    def _heard(self, vantage: str, platform: str, time: datetime) -> Heard:
        cell = Cell(*self._place.get(vantage, Place()).labels, platform)
        return self._cells[cell][hour_of(time)][vantage]

    def _forget(self, now: datetime) -> None:
        since = now - KEPT - HOUR
        for hours in self._cells.values():
            for start in [start for start in hours if start < since]:
                del hours[start]
        self._pairing.forget(now - _PARTNER_WITHIN)
        self._of_run = {run: seen for run, seen in self._of_run.items() if seen[1] >= since}


def _kept(time: datetime, now: datetime) -> bool:
    return now - KEPT <= time <= now + AHEAD
