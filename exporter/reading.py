"""One look at the store: read what arrived, make both pages' families."""

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from exporter.board.history import KEPT, Cell, History, Words
from exporter.board.series import Hour, hour
from exporter.board.state import Board, Known, board, hours_in
from exporter.collect import K, Seen, overall, per_network, per_vantage
from exporter.events import EventWindow, event_windows
from exporter.families import Families
from exporter.live import FRESH, Live
from exporter.metrics import PHASE_BUCKETS
from exporter.source import Arrivals, Source, SourceError, StoreState, VantageFacts


@dataclass(frozen=True)
class Look:
    """Both pages as families. `public` is `private` itself where all records are the server's own."""

    public: Families
    private: Families
    failed: bool


class Reader:
    """Follows one source. `platforms`: id -> name; `monotonic` gives seconds, `utc` the time.

    `restarts`: how many readers before this one died.
    """

    def __init__(
        self,
        source: Source,
        *,
        platforms: Mapping[str, str],
        windows: Sequence[EventWindow] = (),
        utc: Callable[[], datetime],
        monotonic: Callable[[], float],
        restarts: int = 0,
    ) -> None:
        self.own = source.own
        self._k = 1 if source.own else K
        self.live = Live(platforms, PHASE_BUCKETS)
        self.history = History()
        self._begun = False
        self._known_since: datetime | None = None  # None once the past is read
        self._source = source
        self._platforms = dict(platforms)
        self._windows = windows
        self._utc = utc
        self._monotonic = monotonic
        self._restarts = restarts
        self._facts: Mapping[str, VantageFacts] = {}
        self._state = StoreState()
        self._build = (_version(), platform.python_version())

    def look(self) -> Look:
        """Read the store and make the pages; where it cannot be read, from what is known, and marked so."""
        started, now = self._monotonic(), self._utc()
        failed = not self._take(now)
        private = self._pages(now, failed, private=True)
        public = private if self.own else self._pages(now, failed, private=False)
        took = self._monotonic() - started
        for families in {id(page): page for page in (private, public)}.values():
            families.add("efir_collect_duration_seconds", (), took)
        return Look(public, private, failed)

    def series(self, cell: Cell) -> tuple[list[Hour], int]:
        """Hours of one platform in one network, and the least number of invites behind each."""
        known = self._known(self._utc())
        return hours_in(known, cell), known.k

    def _known(self, now: datetime) -> Known:
        readable = self._take(now)
        return Known(
            now=now,
            standings=self.live.standing(now, self._facts),
            history=self.history,
            count=self._count,
            names=self._platforms,
            windows=self._windows,
            k=self._k,
            own=self.own,
            readable=readable,
            since=self._known_since,
        )

    def _count(self, start: datetime, words: Words) -> Hour:
        """What a network says in an hour; a vantage without an invite speaks for itself."""
        said = (
            (self._facts.get(vantage, VantageFacts()).invite or vantage, heard.word, heard.ratio)
            for vantage, heard in words.items()
        )
        return hour(start, said, self._k)

    def board(self) -> Board:
        """Read the store and make the board; where it cannot be read, from what is known, and marked so."""
        return board(self._known(self._utc()))

    def read_on(self) -> bool:
        """Read what is new and one piece of the past; gives whether there may be more of it."""
        now = self._utc()
        if not self._take(now):
            return False
        try:
            past = self._source.past()
        except SourceError:
            return False
        if past is not None:
            self.history.take(past.arrivals, now, past=True)
            self._facts = self._source.facts()
        self.history.count(self._count)
        self._known_since = past.begin if past else None
        return past is not None

    def close(self) -> None:
        """Let go of the store."""
        self._source.close()

    def _take(self, now: datetime) -> bool:
        try:
            arrivals = self._source.arrivals(now - KEPT, now - FRESH)
            self.history.take(arrivals, now)
            # What was in the store before we began is no late arrival.
            self.live.take(arrivals if self._begun else _since(arrivals, now - FRESH), now)
            if not self._begun:
                self._begun, self._known_since = True, now - FRESH
            self._facts, self._state = self._source.facts(), self._source.state()
        except SourceError:
            return False
        return True

    def _pages(self, now: datetime, failed: bool, *, private: bool) -> Families:
        families = Families()
        standings = self.live.standing(now, self._facts)
        seen = Seen(standings, self.live.counts, self._state, list(self._platforms))
        k = 1 if private else K
        if private:
            per_vantage(seen, families)
        per_network(seen, families, k)
        overall(seen, families, k)
        event_windows(self._windows, list(self._platforms), now.timestamp(), families)
        families.add("efir_collect_timestamp_seconds", (), now.timestamp())
        families.add("efir_collect_failed", (), failed)
        families.add("efir_reader_restarts_total", (), self._restarts)
        families.add("efir_build_info", self._build, 1)
        return families


def _since(arrivals: Arrivals, time: datetime) -> Arrivals:
    return Arrivals(
        [each for each in arrivals.observations if each.time >= time],
        [each for each in arrivals.verdicts if each.time >= time],
        [each for each in arrivals.rounds if each.time >= time],
        [each for each in arrivals.sessions if each.time >= time],
    )


def _version() -> str:
    try:
        return version("efir")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "unknown"
