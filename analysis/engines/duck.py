"""DuckDB over the day-partitioned Parquet files of a store: the engine of a laptop."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from tempfile import gettempdir
from types import TracebackType
from typing import Any

import duckdb

from analysis.engines.dialect import DUCKDB, Dialect
from analysis.flat import STORED_NAMES

# Exact quantiles keep their values in memory: 50 M rows need 1.2 GB and die with 1 GB (measured).
MEMORY_LIMIT = "2GB"

# Rows of a streamed answer that are held at once.
ROWS_AT_ONCE = 10_000


def connect(database: str = ":memory:") -> Any:
    """A connection in UTC that keeps to `MEMORY_LIMIT`; what is more goes to the system's temporary folder."""
    connection = duckdb.connect(database)
    # Its own choice is `.tmp` in the folder in which the command was called.
    connection.execute(f"SET temp_directory = {quoted(Path(gettempdir()) / f'efir-{os.getpid()}')}")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
    connection.execute("SET enable_progress_bar = false")
    return connection


def quoted(path: Path | str) -> str:
    """A path as an SQL string."""
    return "'" + str(path).replace("'", "''") + "'"


def day_of(file: Path) -> str:
    """The UTC day, YYYY-MM-DD, of a file of a store."""
    return file.parent.name.removeprefix("day=")


def _read(files: Iterable[Path]) -> str:
    columns = ", ".join((*STORED_NAMES, "day"))
    names = ", ".join(map(quoted, files))
    return (
        f"SELECT {columns} FROM read_parquet([{names}], union_by_name = true, hive_partitioning = true, "
        "hive_types = {'day': DATE})"
    )


class DuckData:
    """One store, open for reading. Any number of readers may share it, also while an import runs."""

    sql: Dialect = DUCKDB

    def __init__(self, files: list[Path]) -> None:
        self._files = files
        self._connection = connect()
        self._connection.execute(f"CREATE VIEW flat AS {_read(files)}")

    def rows(self, first: date, last: date) -> str:
        """Rows of `flat` of these UTC days: only their files are opened, where the view opens all to learn columns."""
        return f"({_read([file for file in self._files if str(first) <= day_of(file) <= str(last)])})"

    def query(self, sql: str) -> Any:
        """The answer as a `pyarrow.Table`."""
        return self._connection.sql(sql).to_arrow_table()

    def stream(self, sql: str) -> Iterator[dict[str, Any]]:
        """The answer row by row, for what may not fit into memory; times come as UTC."""
        # A connection has one open answer at a time; a cursor is a connection of its own to the same data.
        with self._connection.cursor() as cursor:
            cursor.execute("SET TimeZone = 'UTC'")
            reader = cursor.sql(sql).to_arrow_reader(ROWS_AT_ONCE)
            for batch in reader:
                yield from batch.to_pylist()

    def fingerprint(self) -> str:
        """SHA-256 over the names of the files, which are hashes of what they hold."""
        names = sorted(f"{file.parent.name}/{file.name}" for file in self._files)
        return hashlib.sha256("\n".join(names).encode()).hexdigest()

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> "DuckData":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
