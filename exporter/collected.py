"""The store of a collector as a source: results of many vantages, followed beside the running collector.

Read straight from its file, whose views `observations` and `lines` hold what was accepted and not taken back. What was
retracted after it was read goes when it is older than two intervals, or when the exporter is started anew.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from exporter.source import Arrivals, Round, Session, SourceError, StoreState, VantageFacts
from measurements.records import Observation, SummaryLine, ThrottleLine, VerdictLine

FILE: Final = "collector.sqlite3"  # as `collector.store` names it
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
# Rows read at once: a collector that comes back after an outage takes in weeks of results in an hour.
_AT_ONCE: Final = 100_000


class CollectedSource:
    """Follows the store in a collector's folder."""

    own = False

    def __init__(self, folder: Path) -> None:
        """Raises SourceError."""
        self._path = folder / FILE
        try:
            self._connection = sqlite3.connect(
                f"{self._path.resolve().as_uri()}?mode=ro", uri=True, timeout=30, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise SourceError(
                f"{self._path} cannot be opened ({error}); it is made by efir collect"
            ) from None
        self._after: int | None = None
        self._facts: dict[str, VantageFacts] = {}

    def arrivals(self, since: datetime) -> Arrivals:
        first = self._after is None
        oldest = (since - _EPOCH) // _MICROSECOND if first else -(2**62)
        after = self._after or 0
        until = self._rows("SELECT ifnull(max(seq), 0) FROM items")[0][0]
        until = until if first else min(until, after + _AT_ONCE)
        span = (after, until, oldest)
        observations = self._rows(
            "SELECT record FROM observations WHERE seq > ? AND seq <= ? AND time >= ? ORDER BY seq", span
        )
        lines = self._rows(
            "SELECT kind, time, run_id, vantage, record FROM lines WHERE seq > ? AND seq <= ? AND time >= ? "
            "ORDER BY seq",
            span,
        )
        self._learn(span)
        self._after = until
        return Arrivals([_read(record, Observation) for (record,) in observations], *_sorted(lines))

    def facts(self) -> Mapping[str, VantageFacts]:
        return self._facts

    def state(self) -> StoreState:
        [(batches, results, duplicates)] = self._rows(
            "SELECT ifnull(sum(batches), 0), (SELECT count(*) FROM items), ifnull(sum(duplicates), 0) FROM invites"
        )
        return StoreState(
            {
                "efir_ingest_batches_total": batches,
                "efir_ingest_results_total": results,
                "efir_ingest_duplicates_total": duplicates,
            }
        )

    def close(self) -> None:
        self._connection.close()

    def _learn(self, span: tuple[int, int, int]) -> None:
        """Which pseudonyms are of one invite: they count once."""
        found = self._rows(
            "SELECT DISTINCT vantage, invites.id FROM items JOIN invites ON invites.number = items.invite "
            "WHERE seq > ? AND seq <= ? AND time >= ? AND vantage IS NOT NULL",
            span,
        )
        self._facts.update((vantage, VantageFacts(invite=invite)) for vantage, invite in found)

    def _rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise SourceError(f"{self._path} cannot be read: {error}") from None


def _sorted(lines: list[Any]) -> tuple[list[VerdictLine], list[Round], list[Session]]:
    verdicts: list[VerdictLine] = []
    rounds: list[Round] = []
    sessions: list[Session] = []
    for kind, microseconds, run_id, vantage, record in lines:
        time = _EPOCH + microseconds * _MICROSECOND
        if kind == "verdict":
            verdicts.append(_read(record, VerdictLine))
        elif kind == "summary":
            rounds.append(Round(time, _read(record, SummaryLine)))
        else:
            sessions.append(Session(time, run_id, _read(record, ThrottleLine), vantage))
    return verdicts, rounds, sessions


def _read(record: bytes, kind: type[Any]) -> Any:
    return msgspec.json.decode(record, type=kind)
