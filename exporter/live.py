"""What is known now: the newest fresh facts of each vantage, and counters of all that arrived.

Gauges hold what the newest round or session said, and only while it is fresh: younger than two intervals. A result that
arrives older than that (a volunteer came back online) is counted apart and shown nowhere else; so is one that claims to
come from the future, since its vantage's clock is wrong.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from exporter.known import Known, Place
from exporter.pairs import Pairing
from exporter.round_facts import round_facts
from exporter.source import Arrivals, Round, Session, VantageFacts
from exporter.standing import Standing, standing
from exporter.words import Platforms, is_verdict, pseudonym
from measurements.failures import is_known
from measurements.records import Observation, VerdictLine

# Two intervals: the blind cadence's mean gap by day is an hour.
FRESH: Final = timedelta(hours=2)
# A silent vantage is shown as silent for a week, then it is taken for gone.
REMEMBERED: Final = timedelta(days=7)
# Clocks of laptops are off by minutes; more is a wrong clock.
AHEAD: Final = timedelta(minutes=10)

NetworkKey = tuple[str, str]


@dataclass
class Counts:
    """Counters since the exporter's start, by label values."""

    # asn, country, platform, verdict
    results: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    late: Counter[NetworkKey] = field(default_factory=Counter)
    future: int = 0
    probes: Counter[str] = field(default_factory=Counter)
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)  # probe, reason
    # asn, country, platform, phase -> each duration's seconds go straight into a histogram
    durations: dict[tuple[str, str, str, str], "Histogram"] = field(
        default_factory=lambda: defaultdict(Histogram)
    )


@dataclass
class Histogram:
    """Cumulative counts are made at rendering; here each duration is counted in its own bucket."""

    buckets: Counter[float] = field(default_factory=Counter)
    sum: float = 0.0

    def add(self, seconds: float, bounds: tuple[float, ...]) -> None:
        self.buckets[next((bound for bound in bounds if seconds <= bound), float("inf"))] += 1
        self.sum += seconds


class Live:
    """Takes arrivals, gives what stands now. One thread at a time."""

    def __init__(self, platforms: Iterable[str], bounds: tuple[float, ...]) -> None:
        self.counts = Counts()
        self._platforms = Platforms(platforms)
        self._bounds = bounds
        self._known: dict[str, Known] = {}
        self._of_run: dict[str, str] = {}  # run id -> vantage
        self._rows: dict[str, list[Observation]] = {}  # of rounds whose summary has not come yet
        self._pairing = Pairing()

    def take(self, arrivals: Arrivals, now: datetime) -> None:
        """Add what arrived by `now`."""
        for row in arrivals.observations:
            self._observation(row, now)
        for line in arrivals.verdicts:
            self._verdict(line, now)
        for finished in arrivals.rounds:
            self._round(finished, now)
        for session in arrivals.sessions:
            self._session(session, now)
        self._forget(now)

    def standing(self, now: datetime, facts: Mapping[str, VantageFacts]) -> list[Standing]:
        """What stands at `now`, one for each remembered vantage."""
        since = now - FRESH
        return [
            standing(name, known, facts.get(name, VantageFacts()), since)
            for name, known in self._known.items()
        ]

    # One record --------------------------------------------------------------------------------------------

    def _in_time(self, time: datetime, now: datetime) -> bool:
        return now - FRESH <= time <= now + AHEAD

    def _observation(self, row: Observation, now: datetime) -> None:
        self._of_run[row.run_id] = pseudonym(row.vantage)
        if not self._in_time(row.time, now):
            return
        known = self._meet(pseudonym(row.vantage), Place(row.asn, row.country, row.access), row.time)
        known.sent += row.bytes_sent
        known.received += row.bytes_received
        self.counts.probes[row.probe] += 1
        if row.failure is not None:
            self.counts.failures[row.probe, _reason(row.failure)] += 1
        if row.role == "target":
            row = self._labelled(row)
        if row.probe != "transfer":
            self._rows.setdefault(row.run_id, []).append(row)
        elif (pair := self._pairing.add(row)) is not None:
            known.pairs[pair.platform].append(pair)

    def _verdict(self, line: VerdictLine, now: datetime) -> None:
        if line.vantage is None or line.endpoint is not None or not is_verdict(line.verdict):
            return
        vantage = pseudonym(line.vantage)
        if line.run_id is not None:
            self._of_run[line.run_id] = vantage
        place = Place(line.asn, line.country)
        if line.time > now + AHEAD:
            self.counts.future += 1
        elif line.time < now - FRESH:
            self.counts.late[place.labels] += 1
        else:
            known = self._meet(vantage, place, line.time)
            platform = self._platforms.label(line.platform)
            self.counts.results[*place.labels, platform, line.verdict] += 1
            held = known.verdicts.get(platform)
            if held is None or held.time <= line.time:
                known.verdicts[platform] = line

    def _round(self, finished: Round, now: datetime) -> None:
        rows = self._rows.pop(finished.summary.run_id, [])
        known = self._known.get(self._of_run.get(finished.summary.run_id, ""))
        if known is None or not self._in_time(finished.time, now) or finished.summary.cancelled:
            return
        facts = round_facts(rows)
        for platform, phase, seconds in facts.durations:
            self.counts.durations[*known.place.labels, platform, phase].add(seconds, self._bounds)
        if known.round_time is None or known.round_time <= finished.time:
            known.round_time, known.control = finished.time, facts.control
            known.cut = finished.summary.international_cut
        for platform in facts.platforms:
            held = known.of_platform.get(platform)
            if held is None or held[0] <= finished.time:
                known.of_platform[platform] = (finished.time, facts)

    def _session(self, session: Session, now: datetime) -> None:
        name = pseudonym(session.vantage) if session.vantage else self._of_run.get(session.run_id or "")
        known = self._known.get(name or "")
        if known is None or not self._in_time(session.time, now):
            return
        known.last = max(known.last, session.time)
        platform = self._platforms.label(session.line.platform)
        held = known.sessions.get(platform)
        if held is None or held.time <= session.time:
            known.sessions[platform] = session

    def _labelled(self, row: Observation) -> Observation:
        platform = self._platforms.label(row.platform)
        return row if platform == row.platform else replace(row, platform=platform)

    # Remembering -------------------------------------------------------------------------------------------

    def _meet(self, name: str, place: Place, time: datetime) -> Known:
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = Known(place, time)
        if time >= known.last:
            known.last = time
            known.place = place.or_else(known.place)
        return known

    def _forget(self, now: datetime) -> None:
        since = now - FRESH
        self._pairing.forget(since)
        self._known = {name: each for name, each in self._known.items() if now - each.last < REMEMBERED}
        self._rows = {run: rows for run, rows in self._rows.items() if rows[-1].time >= since}
        self._of_run = {run: name for run, name in self._of_run.items() if name in self._known}


def _reason(failure: str) -> str:
    """A word of the closed vocabulary: text behind `unknown_failure:` may be anything."""
    return failure if is_known(failure) and ":" not in failure else "unknown_failure"
