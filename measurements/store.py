"""The spool: what was measured on this device, safe against kill -9, power loss and a second process.

A call that writes returns only after its rows are on disk, and from then on nothing loses them
(`measurements.database`). The file is encrypted where SQLCipher is installed (`measurements.spool_file`). One thread of
the spool's own does all writing and commits what has queued up together, so that many small writes cost one fsync. Rows
are keyed by the ids their makers chose: writing a row twice changes nothing.

The file has a size cap. When it is reached, the oldest rows that were already uploaded go first; if that is not enough,
writing is refused with `SpoolFull`. What nobody has received yet is never thrown away to make room.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from measurements.arrivals import Arrivals, Cursor, StoredLine
from measurements.batch import Item
from measurements.database import IN_MEMORY, Database, DatabaseHolder
from measurements.microseconds import from_microseconds
from measurements.records import Observation, SummaryLine, ThrottleLine, VerdictLine
from measurements.spool_file import connect, prepare
from measurements.sqlcipher import open_in_memory
from measurements.state import StateFolder
from measurements.store_errors import SpoolFull, StoreError
from measurements.store_schema import STEPS
from measurements.store_sql import (
    COUNTS,
    WAITING,
    Where,
    adding,
    adding_lines,
    drop_oldest_uploaded,
    marking_refused,
    marking_uploaded,
    used_bytes,
)
from measurements.store_sql import limit as limited

T = TypeVar("T")

# Two to three months of full-time measuring (about 3 MB a day); small enough for any phone or board.
DEFAULT_CAP: Final = 256 * 1024 * 1024  # bytes
# Free this share beyond the cap at once, so that not every write has to make room.
_HEADROOM: Final = 0.05

_KINDS: Final[dict[str, type[Any]]] = {
    "verdict": VerdictLine,
    "summary": SummaryLine,
    "throttle": ThrottleLine,
}


class Spool(DatabaseHolder):
    """The store of one state folder. Use as a context manager; threads may share it."""

    def __init__(self, path: Path, *, cap: int = DEFAULT_CAP, must_exist: bool = False) -> None:
        """Open or create the file (folder 0700, file 0600). Raises StoreError with what to do.

        With `must_exist` a missing file is an error that says nothing was measured yet.
        """
        self.path = path
        self._cap = cap
        if must_exist and not path.exists():
            raise StoreError(f"nothing is stored in {path.parent} yet; measure first: efir run --once")
        if path == IN_MEMORY:
            opening = open_in_memory
        else:
            StateFolder(path.parent).create()
            prepare(path)
            opening = partial(connect, path)
        self._database = Database(path, opening, STEPS, self._keep_under_cap)

    # Writing ---------------------------------------------------------------------------------------------------

    def add(self, observations: Iterable[Observation]) -> int:
        """Store observations; gives how many were new. Raises StoreError."""
        return self.submit(adding(observations)).result()

    def add_verdicts(self, lines: Iterable[VerdictLine]) -> int:
        """Store verdict lines (each needs an `id`); gives how many were new. Raises StoreError."""
        return self.submit(adding_lines((line.id, line, line.run_id, line.time) for line in lines)).result()

    def add_round(self, summary: SummaryLine, time: datetime) -> int:
        """Store the summary of a round that began at `time`."""
        return self.submit(adding_lines([(summary.run_id, summary, summary.run_id, time)])).result()

    def add_throttle(self, line: ThrottleLine, line_id: str, run_id: str, time: datetime) -> int:
        """Store the result of a throttling session that began at `time`."""
        return self.submit(adding_lines([(line_id, line, run_id, time)])).result()

    def set_meta(self, key: str, value: Any) -> None:
        """Keep a small value (anything msgspec can write as JSON) under a name."""
        statement = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        row = (key, msgspec.json.encode(value))
        self.submit(lambda connection: connection.execute(statement, row)).result()

    def mark_uploaded(self, ids: Sequence[str], now: float) -> int:
        """Note that the collector has acknowledged these observations or lines; gives how many there were."""
        return self.submit(marking_uploaded(ids, now)).result()

    def mark_refused(self, reasons: Mapping[str, str]) -> int:
        """Note why the collector will never take these (id -> reason); gives how many there were."""
        return self.submit(marking_refused(reasons)).result()

    def _keep_under_cap(self, connection: sqlite3.Connection) -> None:
        if used_bytes(connection) <= self._cap:
            return
        floor = self._cap * (1 - _HEADROOM)
        while used_bytes(connection) > floor:
            if not drop_oldest_uploaded(connection):
                if used_bytes(connection) <= self._cap:
                    return
                raise SpoolFull(
                    f"{self.path} has reached its size cap of {self._cap // 2**20} MiB and nothing in it has been "
                    "uploaded; send it (efir upload), take it out (efir export) and start anew (efir wipe)"
                )

    # Reading ---------------------------------------------------------------------------------------------------

    def observations(
        self,
        *,
        run_id: str | None = None,
        since: datetime | None = None,
        ids: Sequence[str] | None = None,
        platform: str | None = None,
        limit: int | None = None,
    ) -> list[Observation]:
        """Observations in the order they were stored; conditions are joined by "and". Raises StoreError."""
        where = Where()
        where.equal("run_id", run_id)
        where.equal("platform", platform)
        where.since(since)
        where.among("id", ids)
        # The plus keeps SQLite from reading the whole table in that order, where the index on time finds the rows.
        order = "seq" if since is None else "+seq"
        rows = self._database.rows(
            f"SELECT record FROM observations {where.text} ORDER BY {order} {limited(limit)}", where.values
        )
        return [msgspec.json.decode(record, type=Observation) for (record,) in rows]

    def verdicts(self, *, run_id: str | None = None, limit: int | None = None) -> list[VerdictLine]:
        """Verdict lines in the order they were stored; with `limit` the newest ones."""
        return self._lines("verdict", run_id, limit)

    def rounds(self, *, limit: int | None = None) -> list[tuple[datetime, SummaryLine]]:
        """Start and summary of each round, oldest first; with `limit` the newest ones."""
        return self._timed("summary", limit)

    def sessions(self, *, limit: int | None = None) -> list[tuple[datetime, ThrottleLine]]:
        """End and result of each throttling session, oldest first; with `limit` the newest ones."""
        return self._timed("throttle", limit)

    def throttles(self, *, run_id: str | None = None) -> list[ThrottleLine]:
        """Results of throttling sessions in the order they were stored."""
        return self._lines("throttle", run_id, None)

    def arrivals(
        self,
        after: Cursor,
        since: datetime | None = None,
        before: datetime | None = None,
        upto: Cursor | None = None,
    ) -> Arrivals:
        """What was stored after the cursor (and no later than `upto`), whenever measured, or in [`since`, `before`)."""
        if upto is None:
            (newest,) = self._database.rows(
                "SELECT (SELECT ifnull(max(seq), -1) FROM observations), (SELECT ifnull(max(seq), -1) FROM lines)"
            )
            upto = Cursor(*newest)
        observations, lines = Where(), Where()
        observations.between("seq", after.observations, upto.observations)
        lines.between("seq", after.lines, upto.lines)
        for where in (observations, lines):
            where.since(since)
            where.before(before)
        records = self._database.rows(
            f"SELECT record FROM observations {observations.text} ORDER BY seq", observations.values
        )
        rows = self._database.rows(
            f"SELECT kind, time, run_id, record FROM lines {lines.text} ORDER BY seq", lines.values
        )
        return Arrivals(
            [msgspec.json.decode(record, type=Observation) for (record,) in records],
            [
                StoredLine(from_microseconds(time), run_id, msgspec.json.decode(record, type=_KINDS[kind]))
                for kind, time, run_id, record in rows
            ],
            upto,
        )

    def waiting(self, limit: int | None = None) -> list[Item]:
        """The oldest observations, then lines, that the collector has neither acknowledged nor refused."""
        rows: list[Any] = []
        for statement in WAITING:
            left = None if limit is None else limit - len(rows)
            rows += self._database.rows(f"{statement} {limited(left)}")
        return [
            Item(
                kind=kind,
                id=row_id,
                time=from_microseconds(time),
                run_id=run_id,
                vantage=vantage,
                record=msgspec.Raw(record),
            )
            for kind, row_id, time, run_id, record, vantage in rows
        ]

    def latest_round(self) -> str | None:
        """Run id of the round stored last, or None."""
        rounds = self.rounds(limit=1)
        return rounds[0][1].run_id if rounds else None

    def find(self, part_of_id: str) -> list[Observation | VerdictLine]:
        """Verdict lines, then observations, whose id is this, or begins or ends with it (at most 20).

        UUIDv7 ids of one round begin alike, so people are shown the tail.
        """
        if not part_of_id:
            return []
        span = (part_of_id, part_of_id + "\U0010ffff", -len(part_of_id), part_of_id)
        tables: tuple[tuple[str, type[Observation] | type[VerdictLine]], ...] = (
            ("lines WHERE kind = 'verdict'", VerdictLine),
            ("observations WHERE true", Observation),
        )
        found: list[Observation | VerdictLine] = []
        for table, kind in tables:
            matching = "(id >= ? AND id < ? OR substr(id, ?) = ?)"
            rows = self._database.rows(
                f"SELECT record FROM {table} AND {matching} ORDER BY id LIMIT 20", span
            )
            found.extend(msgspec.json.decode(record, type=kind) for (record,) in rows)
        exact = [each for each in found if each.id == part_of_id]
        return exact or found

    def meta(self, key: str, default: Any = None) -> Any:
        """The value kept under `key`, as plain data."""
        rows = self._database.rows("SELECT value FROM meta WHERE key = ?", (key,))
        return msgspec.json.decode(rows[0][0]) if rows else default

    def counts(self) -> dict[str, int]:
        """Rows by kind, those not yet uploaded, and bytes used: for `efir status`."""
        (observations, waiting, refused), (_, lines_waiting, lines_refused) = self._database.rows(COUNTS)
        [[rounds]] = self._database.rows("SELECT count(*) FROM lines WHERE kind = 'summary'")
        return {
            "observations": observations,
            "not_uploaded": waiting + refused,
            "waiting": waiting + lines_waiting,
            "refused": refused + lines_refused,
            "rounds": rounds,
            "bytes": self._database.read(used_bytes),
            "cap_bytes": self._cap,
        }

    def _lines(self, kind: str, run_id: str | None, limit: int | None) -> list[Any]:
        where = Where()
        where.equal("kind", kind)
        where.equal("run_id", run_id)
        rows = self._database.rows(
            f"SELECT record FROM lines {where.text} ORDER BY seq DESC {limited(limit)}", where.values
        )
        return [msgspec.json.decode(record, type=_KINDS[kind]) for (record,) in reversed(rows)]

    def _timed(self, kind: str, limit: int | None) -> list[tuple[datetime, Any]]:
        rows = self._database.rows(
            f"SELECT time, record FROM lines WHERE kind = ? ORDER BY seq DESC {limited(limit)}", (kind,)
        )
        return [
            (from_microseconds(time), msgspec.json.decode(record, type=_KINDS[kind]))
            for time, record in reversed(rows)
        ]
