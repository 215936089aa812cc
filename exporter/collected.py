"""The store of a collector as a source: results of many vantages, followed beside the running collector.

Read straight from its file, whose views `observations` and `lines` hold what was accepted and not taken back. What was
retracted after it was read goes when it is older than two intervals, or when the exporter is started anew.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from exporter.source import Arrivals, Past, Pieces, Round, Session, SourceError, StoreState, VantageFacts
from measurements.microseconds import from_microseconds, microseconds
from measurements.records import Observation, SummaryLine, ThrottleLine, VerdictLine

FILE: Final = "collector.sqlite3"  # as `collector.store` names it
# Rows read at once: a collector that comes back after an outage takes in weeks of results in an hour.
_AT_ONCE: Final = 100_000
# Of 500 vantages an hour holds some 20,000 lines and flows.
_STEP: Final = timedelta(hours=1)


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
        self._first = 0  # the newest row at the first call
        self._pieces: Pieces | None = None
        self._facts: dict[str, VantageFacts] = {}

    def arrivals(self, since: datetime, lately: datetime) -> Arrivals:
        (newest,) = self._rows("SELECT ifnull(max(seq), 0) FROM items")[0]
        if self._after is None:
            found = self._found("seq <= ? AND time >= ?", (newest, microseconds(lately)))
            self._after = self._first = newest
            self._pieces = Pieces(since, lately, _STEP)
        else:
            until = min(newest, self._after + _AT_ONCE)
            found = self._found("seq > ? AND seq <= ?", (self._after, until))
            self._after = until
        return found

    def past(self) -> Past | None:
        span = self._pieces.span if self._pieces else None
        if self._pieces is None or span is None:
            return None
        values = (self._first, *map(microseconds, span))
        found = self._found("seq <= ? AND time >= ? AND time < ?", values, flows_only=True)
        self._pieces.done()
        return Past(found, span[0])

    def _found(self, where: str, values: tuple[int, ...], flows_only: bool = False) -> Arrivals:
        flows = " AND json_extract(record, '$.probe') = 'transfer'" if flows_only else ""
        observations = self._rows(
            f"SELECT record FROM observations WHERE {where}{flows} ORDER BY seq", values
        )
        lines = self._rows(
            f"SELECT kind, time, run_id, vantage, record FROM lines WHERE {where} ORDER BY seq", values
        )
        # Which pseudonyms are of one invite: they count once.
        owners = self._rows(
            "SELECT DISTINCT vantage, invites.id FROM items JOIN invites ON invites.number = items.invite "
            f"WHERE {where} AND vantage IS NOT NULL",
            values,
        )
        self._facts.update((vantage, VantageFacts(invite=invite)) for vantage, invite in owners)
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

    def _rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise SourceError(f"{self._path} cannot be read: {error}") from None


def _sorted(lines: list[Any]) -> tuple[list[VerdictLine], list[Round], list[Session]]:
    verdicts: list[VerdictLine] = []
    rounds: list[Round] = []
    sessions: list[Session] = []
    for kind, measured, run_id, vantage, record in lines:
        time = from_microseconds(measured)
        if kind == "verdict":
            verdicts.append(_read(record, VerdictLine))
        elif kind == "summary":
            rounds.append(Round(time, _read(record, SummaryLine)))
        else:
            sessions.append(Session(time, run_id, _read(record, ThrottleLine), vantage))
    return verdicts, rounds, sessions


def _read(record: bytes, kind: type[Any]) -> Any:
    return msgspec.json.decode(record, type=kind)
