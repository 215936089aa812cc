"""Where the exporter gets its records from: one small protocol, and the adapter to a spool."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from measurements.arrivals import Cursor
from measurements.records import Observation, SummaryLine, ThrottleLine, VerdictLine
from measurements.store import Spool
from measurements.store_errors import StoreError


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
class StoreState:
    """How the store itself fares: values by metric name (`exporter.metrics`), and refused records by reason."""

    values: Mapping[str, float] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)


class Source(Protocol):
    """A store that the exporter follows. Called from one thread."""

    @property
    def own(self) -> bool:
        """True if all records are of the person who serves them: then nothing needs to be hidden from /metrics."""

    def arrivals(self, since: datetime) -> Arrivals:
        """What arrived since the last call; on the first call, what was measured at `since` or later.

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

    def arrivals(self, since: datetime) -> Arrivals:
        first = self._cursor is None
        try:
            found = self._spool.arrivals(self._cursor or Cursor(), since if first else None)
        except StoreError as error:
            raise SourceError(str(error)) from None
        self._cursor = found.cursor
        verdicts: list[VerdictLine] = []
        rounds: list[Round] = []
        sessions: list[Session] = []
        for time, run_id, record in found.lines:
            if isinstance(record, VerdictLine):
                verdicts.append(record)
            elif isinstance(record, SummaryLine):
                rounds.append(Round(time, record))
            else:
                sessions.append(Session(time, run_id, record))
        return Arrivals(found.observations, verdicts, rounds, sessions)

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
