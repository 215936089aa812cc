"""The statements behind `measurements.store`: adding rows, filtering them, making room."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from measurements.microseconds import microseconds
from measurements.records import Observation, SummaryLine, ThrottleLine, VerdictLine

Line = VerdictLine | SummaryLine | ThrottleLine
Work = Callable[[sqlite3.Connection], int]

_TABLES: Final = ("observations", "lines")
# Rows deleted at a time when room is needed: about 1 MB.
_DROP_AT_ONCE: Final = 1000


def adding(observations: Iterable[Observation]) -> Work:
    """Work that inserts observations and gives how many were new."""
    rows = [
        (each.id, microseconds(each.time), each.run_id, each.platform, msgspec.json.encode(each))
        for each in observations
    ]
    return _inserting(
        "INSERT OR IGNORE INTO observations (id, time, run_id, platform, record) VALUES (?, ?, ?, ?, ?)", rows
    )


def adding_lines(lines: Iterable[tuple[str | None, Line, str | None, datetime]]) -> Work:
    """Work that inserts (id, line, run id, time) and gives how many were new; a line without an id is refused."""
    rows = [
        (
            type(line).__struct_config__.tag,
            line_id,
            microseconds(time),
            run_id,
            getattr(line, "platform", None),
            msgspec.json.encode(line),
        )
        for line_id, line, run_id, time in lines
    ]
    if not all(row[1] for row in rows):
        raise ValueError("a line needs an id before it can be stored")
    return _inserting(
        "INSERT OR IGNORE INTO lines (kind, id, time, run_id, platform, record) VALUES (?, ?, ?, ?, ?, ?)",
        rows,
    )


def _inserting(statement: str, rows: list[tuple[Any, ...]]) -> Work:
    def work(connection: sqlite3.Connection) -> int:
        before = connection.total_changes
        connection.executemany(statement, rows)
        return connection.total_changes - before

    return work


def marking_uploaded(ids: Sequence[str], now: float) -> Work:
    """Work that notes the collector's acknowledgement at `now` (Unix seconds)."""

    def work(connection: sqlite3.Connection) -> int:
        before = connection.total_changes
        for table in _TABLES:
            statement = f"UPDATE {table} SET uploaded = ? WHERE id = ? AND uploaded IS NULL"
            connection.executemany(statement, [(now, each) for each in ids])
        return connection.total_changes - before

    return work


def marking_refused(reasons: Mapping[str, str]) -> Work:
    """Work that notes why the collector will never take these rows (id -> reason)."""

    def work(connection: sqlite3.Connection) -> int:
        before = connection.total_changes
        for table in _TABLES:
            statement = f"UPDATE {table} SET refused = ? WHERE id = ? AND uploaded IS NULL"
            connection.executemany(statement, [(reason, each) for each, reason in reasons.items()])
        return connection.total_changes - before

    return work


def offering_again(reason: str) -> Work:
    """Work that lets rows wait again which the collector refused for this reason."""

    def work(connection: sqlite3.Connection) -> int:
        before = connection.total_changes
        for table in _TABLES:
            connection.execute(f"UPDATE {table} SET refused = NULL WHERE refused = ?", (reason,))
        return connection.total_changes - before

    return work


# What the collector has neither acknowledged nor refused. A line names no vantage; its run's observations do.
WAITING: Final = (
    "SELECT 'observation', id, time, run_id, record, json_extract(record, '$.vantage') FROM observations "
    "WHERE uploaded IS NULL AND refused IS NULL ORDER BY seq",
    "SELECT kind, id, time, run_id, record, (SELECT json_extract(o.record, '$.vantage') FROM observations o "
    "WHERE o.run_id = lines.run_id LIMIT 1) FROM lines WHERE uploaded IS NULL AND refused IS NULL ORDER BY seq",
)


# A row for observations and one for lines: all, waiting, refused. Indexes alone answer it.
COUNTS: Final = " UNION ALL ".join(
    f"SELECT (SELECT count(*) FROM {table}), "
    f"(SELECT count(*) FROM {table} WHERE uploaded IS NULL AND refused IS NULL), "
    f"(SELECT count(*) FROM {table} WHERE refused IS NOT NULL)"
    for table in _TABLES
)


def used_bytes(connection: sqlite3.Connection) -> int:
    """Bytes that rows occupy; pages freed by deletion are reused and do not count."""
    pages, free, size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])  # SQLCipher tells the page size as text
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def drop_oldest_uploaded(connection: sqlite3.Connection) -> int:
    """Delete the oldest rows that the collector has; gives how many."""
    before = connection.total_changes
    for table in _TABLES:
        connection.execute(
            f"DELETE FROM {table} WHERE seq IN "
            f"(SELECT seq FROM {table} WHERE uploaded IS NOT NULL ORDER BY seq LIMIT {_DROP_AT_ONCE})"
        )
    return connection.total_changes - before


class Where:
    """Conditions joined by "and"; a condition whose value is None is left out."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.values: list[Any] = []

    @property
    def text(self) -> str:
        return "WHERE " + " AND ".join(self._parts) if self._parts else ""

    def equal(self, column: str, value: str | None) -> None:
        if value is not None:
            self._parts.append(f"{column} = ?")
            self.values.append(value)

    def since(self, time: datetime | None) -> None:
        if time is not None:
            self._parts.append("time >= ?")
            self.values.append(microseconds(time))

    def before(self, time: datetime | None) -> None:
        if time is not None:
            self._parts.append("time < ?")
            self.values.append(microseconds(time))

    def between(self, column: str, after: int, until: int) -> None:
        """Above `after`, up to `until` and with it."""
        self._parts.append(f"{column} > ? AND {column} <= ?")
        self.values += (after, until)

    def among(self, column: str, values: Sequence[str] | None) -> None:
        """One parameter for any number of values (SQLite allows 32,766 parameters)."""
        if values is not None:
            self._parts.append(f"{column} IN (SELECT value FROM json_each(?))")
            self.values.append(msgspec.json.encode(list(values)).decode())


def limit(number: int | None) -> str:
    """`LIMIT n`, or nothing."""
    return "" if number is None else f"LIMIT {int(number)}"
