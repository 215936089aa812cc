"""One look at the store: read what arrived, make both pages' families."""

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version

from exporter.board.history import KEPT, Cell, History
from exporter.board.series import Hour
from exporter.board.state import Board, Known, board, hours_in
from exporter.collect import K, Seen, overall, per_network, per_vantage
from exporter.events import EventWindow, event_windows
from exporter.families import Families
from exporter.live import INTERVAL, Live
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
        interval: timedelta = INTERVAL,
        restarts: int = 0,
    ) -> None:
        self.own = source.own
        self.live = Live(platforms, PHASE_BUCKETS, interval)
        self.history = History()
        self._begun = False
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
        known = self._known()
        return hours_in(known, cell), known.k

    def _known(self) -> Known:
        now = self._utc()
        readable = self._take(now)
        return Known(
            now=now,
            standings=self.live.standing(now, self._facts),
            history=self.history,
            facts=self._facts,
            names=self._platforms,
            windows=self._windows,
            k=1 if self.own else K,
            own=self.own,
            readable=readable,
        )

    def board(self) -> Board:
        """Read the store and make the board; where it cannot be read, from what is known, and marked so."""
        return board(self._known())

    def close(self) -> None:
        """Let go of the store."""
        self._source.close()

    def _take(self, now: datetime) -> bool:
        try:
            arrivals = self._source.arrivals(now - KEPT)
            self.history.take(arrivals, now)
            # What was in the store before we began is no late arrival.
            self.live.take(arrivals if self._begun else _since(arrivals, now - self.live.fresh), now)
            self._begun = True
            self._facts, self._state = self._source.facts(), self._source.state()
        except SourceError:
            return False
        return True

    def _pages(self, now: datetime, failed: bool, *, private: bool) -> Families:
        families = Families()
        standings = self.live.standing(now, self._facts)
        seen = Seen(standings, self.live.counts, self._state, list(self._platforms))
        if private:
            per_vantage(seen, families)
            per_network(seen, families, k=1)
        else:
            per_network(seen, families)
        overall(seen, families)
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
