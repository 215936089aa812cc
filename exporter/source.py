"""Where the exporter gets its records from: one small protocol, and the adapter to a spool."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from measurements.arrivals import Arrivals as StoredArrivals
from measurements.arrivals import Cursor
from measurements.records import Observation, SummaryLine, ThrottleLine, VerdictLine
from measurements.store import Spool
from measurements.store_errors import StoreError

# One device's day is read in a tenth of a second.
_STEP: Final = timedelta(days=1)


class SourceError(Exception):
    """The store cannot be read now: what is wrong and where."""


@dataclass(frozen=True)
class Round:
    """A finished round: its observations came before it or with it."""

    time: datetime
    summary: SummaryLine


@dataclass(frozen=True)
class Session:
    """The result of a throttling session. `vantage` None = the one whose observations have this run id."""

    time: datetime
    run_id: str | None
    line: ThrottleLine
    vantage: str | None = None


@dataclass(frozen=True)
class VantageFacts:
    """What a store knows of a vantage beside its records; all may be missing."""

    invite: str | None = None  # vantages of one invite count once
    access: str | None = None
    plan: str | None = None  # plain | bundled | unknown
    clock_offset: float | None = None  # seconds, the vantage's clock minus ours


@dataclass(frozen=True)
class Arrivals:
    """What came in since the last call, in the order of arrival."""

    observations: Sequence[Observation] = ()
    verdicts: Sequence[VerdictLine] = ()
    rounds: Sequence[Round] = ()
    sessions: Sequence[Session] = ()


@dataclass(frozen=True)
class Past:
    """A piece of what was measured before: flows, verdicts and sessions since `begin`."""

    arrivals: Arrivals
    begin: datetime


class Pieces:
    """The time between two moments in steps, newest first."""

    def __init__(self, since: datetime, until: datetime, step: timedelta) -> None:
        self._since, self._until, self._step = since, until, step

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """Begin and end of the piece that is next; None: no more."""
        return (
            (max(self._since, self._until - self._step), self._until) if self._until > self._since else None
        )

    def done(self) -> None:
        """Go on to the next."""
        self._until -= self._step


@dataclass(frozen=True)
class StoreState:
    """How the store itself fares: values by metric name (`exporter.metrics`), and refused records by reason."""

    values: Mapping[str, float] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)


class Source(Protocol):
    """A store that the exporter follows. Called from one thread."""

    @property
    def own(self) -> bool:
        """True if all records are of the person who serves them: then nothing needs to be hidden from /metrics."""

    def arrivals(self, since: datetime, lately: datetime) -> Arrivals:
        """What arrived since the last call; on the first call, what was measured at `lately` or later.

        What was there already, back to `since`, is left to `past`, or comes with the first call where it cannot be read
        in pieces. Raises SourceError; the next call then gives what this one would have given.
        """

    def past(self) -> Past | None:
        """The next older piece of what was there at the first call; None: there is no more.

        Raises SourceError; the next call then gives what this one would have given.
        """

    def facts(self) -> Mapping[str, VantageFacts]:
        """By pseudonym; vantages without facts may be left out. Raises SourceError."""

    def state(self) -> StoreState:
        """Raises SourceError."""

    def close(self) -> None: ...


class SpoolSource:
    """The spool of one device."""

    own = True

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._cursor: Cursor | None = None
        self._first: Cursor | None = None
        self._pieces: Pieces | None = None

    def arrivals(self, since: datetime, lately: datetime) -> Arrivals:
        first = self._cursor is None
        found = self._found(self._cursor or Cursor(), lately if first else None)
        self._cursor = found.cursor
        if first:
            self._first, self._pieces = found.cursor, Pieces(since, lately, _STEP)
        return self._sorted(found)

    def past(self) -> Past | None:
        span = self._pieces.span if self._pieces else None
        if self._pieces is None or span is None:
            return None
        found = self._sorted(self._found(Cursor(), *span, upto=self._first))
        self._pieces.done()
        return Past(found, span[0])

    def _found(
        self,
        after: Cursor,
        since: datetime | None,
        before: datetime | None = None,
        upto: Cursor | None = None,
    ) -> StoredArrivals:
        try:
            return self._spool.arrivals(after, since, before, upto)
        except StoreError as error:
            raise SourceError(str(error)) from None

    def _sorted(self, found: StoredArrivals) -> Arrivals:
        verdicts: list[VerdictLine] = []
        rounds: list[Round] = []
        sessions: list[Session] = []
        for time, run_id, record in found.lines:
            if isinstance(record, VerdictLine):
                verdicts.append(record)
            elif isinstance(record, SummaryLine):
                rounds.append(Round(time, record))
            else:
                sessions.append(Session(time, run_id, record, self._whose(run_id)))
        return Arrivals(found.observations, verdicts, rounds, sessions)

    def _whose(self, run_id: str | None) -> str | None:
        """The vantage that measured in this run; its line does not tell."""
        try:
            rows = self._spool.observations(run_id=run_id, limit=1) if run_id else []
        except StoreError as error:
            raise SourceError(str(error)) from None
        return rows[0].vantage if rows else None

    def facts(self) -> Mapping[str, VantageFacts]:
        return {}

    def state(self) -> StoreState:
        try:
            counts = self._spool.counts()
        except StoreError as error:
            raise SourceError(str(error)) from None
        return StoreState(
            {
                "efir_spool_results": counts["observations"],
                "efir_spool_waiting_results": counts["not_uploaded"],
                "efir_spool_size_bytes": counts["bytes"],
                "efir_spool_limit_bytes": counts["cap_bytes"],
            }
        )

    def close(self) -> None:
        self._spool.close()
