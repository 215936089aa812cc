"""The store of a laptop: tables as `day=YYYY-MM-DD/HASH.parquet`, zstd, each file written whole or not at all.

An import stages its rows, and per UTC day writes one file with those rows that the day does not hold yet. So no row is
there twice, an import that was killed can simply be run again, and memory depends on the largest day, not on the size
of the data.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.days import batches
from analysis.engines.duck import connect, quoted
from analysis.tables import Table

WORK = ".import"  # inside the store: staged rows, gone when the import ends
ROW_GROUP = 122_880  # rows; DuckDB's own default, a row group is its unit of parallel reading
# Days are merged together up to so many rows (some 500 MB).
MERGED_AT_ONCE = 2_000_000


class StoreBusy(Exception):
    """Another import writes to this folder."""


@dataclass(frozen=True)
class Added:
    """What a commit did: `rows` are new, `duplicates` were there before or came twice."""

    rows: int = 0
    duplicates: int = 0


@contextmanager
def open_writer(store: Path) -> Iterator["Writer"]:
    """A writer into the folder `store` (made if missing). Readers see nothing before a stage is committed.

    Raises StoreBusy while another process writes there; OSError, also as DuckDB's own, if nothing can be written.
    """
    work = store / WORK
    work.mkdir(parents=True, exist_ok=True)
    connection = _locked(work / "work.duckdb")
    writer = Writer(store, connection)
    try:
        yield writer
    finally:
        writer.close()
        connection.close()
        shutil.rmtree(work, ignore_errors=True)


def _locked(database: Path) -> Any:
    """A connection to the scratch database. DuckDB's lock on it keeps a second writer out; it ends when we die."""
    try:
        return connect(str(database))
    except duckdb.IOException as error:
        if "lock" in str(error):
            raise StoreBusy(str(database.parent.parent)) from error
    # Nobody holds it: an import died while it made this file, or had no room for it.
    database.unlink(missing_ok=True)
    return connect(str(database))


class Writer:
    """Gives stages, and a DuckDB `connection` with scratch space for those who read files with it."""

    def __init__(self, store: Path, connection: Any) -> None:
        self.store = store
        self.connection = connection
        self._stages: list[Stage] = []

    @property
    def scratch(self) -> Path:
        """A folder for temporary files; gone when the import ends."""
        folder = self.store / WORK / "scratch"
        folder.mkdir(exist_ok=True)
        return folder

    def stage(self, table: Table) -> "Stage":
        """A new stage for rows of `table`."""
        folder = self.store / WORK / f"stage-{len(self._stages)}"
        shutil.rmtree(folder, ignore_errors=True)  # what a killed import left behind
        stage = Stage(table, self.store, folder, self.connection)
        self._stages.append(stage)
        return stage

    def close(self) -> None:
        for stage in self._stages:
            stage.close()


class Stage:
    """Takes rows of one table in any order; `commit` makes them part of the store."""

    def __init__(self, table: Table, store: Path, folder: Path, connection: Any) -> None:
        self.table = table
        self._home = store / table.folder
        self._folder = folder
        self._staged = folder / "staged"
        self._staged.mkdir(parents=True)
        self._connection = connection
        self._parts = 0
        self._writer: Any = None

    def add(self, batch: Any) -> None:
        """Stage a `pyarrow.RecordBatch` of the table's columns."""
        if self._writer is None:
            # These files live for minutes: neither a dictionary nor statistics would pay.
            self._writer = pq.ParquetWriter(
                self._part(),
                self.table.schema,
                compression="lz4",
                use_dictionary=False,
                write_statistics=False,
            )
        self._writer.write_batch(batch)

    def add_query(self, select: str) -> int:
        """Stage what an SQL query on the writer's connection gives, the table's columns; gives their number."""
        copy = f"COPY ({select}) TO {quoted(self._part())} (FORMAT parquet, COMPRESSION lz4_raw)"
        return int(self._connection.execute(copy).fetchone()[0])

    def _part(self) -> Path:
        self._parts += 1
        return self._staged / f"{self._parts:06d}.parquet"

    def close(self) -> None:
        """End the staging; `commit` does it too."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def commit(self) -> Added:
        """Write what is new, day by day, and count."""
        self.close()
        if not self._parts:
            return Added()
        days = self._connection.execute(
            f"SELECT CAST(CAST(time AS DATE) AS VARCHAR) AS day, count(*) FROM {_read(self._staged)} "
            "GROUP BY day ORDER BY day"
        ).fetchall()
        added = sum(self._merge(batch) for batch in batches(days, MERGED_AT_ONCE))
        shutil.rmtree(self._folder)
        return Added(added, sum(rows for _, rows in days) - added)

    def _merge(self, days: list[str]) -> int:
        """Write the rows of these days (in their order) that the store lacks; gives their number."""
        # Sorted: the same rows give the same bytes, and so the same file name. By time first, so days come whole.
        order = ", ".join(self.table.order)
        # A connection has one open answer at a time; a cursor is a connection of its own to the same data.
        with self._connection.cursor() as cursor:
            cursor.execute("SET TimeZone = 'UTC'")
            reader = cursor.sql(f"{self._new_rows(days)} ORDER BY {order}").to_arrow_reader(ROW_GROUP)
            return sum(self._write(day, rows) for day, rows in _by_day(reader, self.table.schema))

    def _write(self, day: str, rows: Any) -> int:
        ready = self._folder / "ready.parquet"
        pq.write_table(
            rows, ready, compression="zstd", row_group_size=ROW_GROUP, use_dictionary=self.table.repeated
        )
        home = self._home / f"day={day}"
        home.mkdir(parents=True, exist_ok=True)
        _publish(ready, home / f"{_hash(ready)}.parquet")
        return int(rows.num_rows)

    def _new_rows(self, days: list[str]) -> str:
        columns = ", ".join(self.table.names)
        held = [file for day in days for file in sorted((self._home / f"day={day}").glob("*.parquet"))]
        span = f"CAST(time AS DATE) BETWEEN {quoted(days[0])} AND {quoted(days[-1])}"
        return " UNION ALL ".join(
            f"SELECT {columns} FROM {_once(f'{_placed(self._staged)} WHERE {span} AND {kind}', names)} AS new"
            + (f" ANTI JOIN {read_files(held)} AS old ON {_agree(names)}" if held else "")
            for kind, names in self.table.same
        )


def _by_day(batches: Iterable[Any], schema: Any) -> Iterator[tuple[str, Any]]:
    """Rows that come sorted by time, as one `pyarrow.Table` a UTC day."""
    held: list[Any] = []
    day = None
    for batch in batches:
        number = batch["time"].to_numpy(zero_copy_only=False).astype("datetime64[D]")
        starts = [0, *(np.flatnonzero(number[1:] != number[:-1]) + 1), len(batch)]
        for start, end in pairwise(starts):
            if str(number[start]) != day and held:
                yield str(day), pa.Table.from_batches(held).cast(schema)
                held = []
            day = str(number[start])
            held.append(batch[start:end])
    if held:
        yield str(day), pa.Table.from_batches(held).cast(schema)


def _read(folder: Path) -> str:
    return f"read_parquet({quoted(folder / '*.parquet')}, hive_partitioning = false)"


def _placed(folder: Path) -> str:
    """SQL that reads staged rows with the place of each: in which file, and where in it."""
    return f"(SELECT *, (file_index << 40) + file_row_number AS place FROM {_read(folder)})"


def _once(rows: str, names: Iterable[str]) -> str:
    """Of rows that agree in these columns the first. DISTINCT ON says so too, but carries all columns along."""
    firsts = f"SELECT min(place) AS place FROM {rows} GROUP BY {', '.join(names)}"
    return f"(SELECT * FROM (SELECT * FROM {rows}) SEMI JOIN ({firsts}) AS firsts USING (place))"


def _agree(names: Iterable[str]) -> str:
    return " AND ".join(f"new.{name} IS NOT DISTINCT FROM old.{name}" for name in names)


def read_files(files: Iterable[Path]) -> str:
    """SQL that reads Parquet files of one table."""
    return f"read_parquet([{', '.join(map(quoted, files))}], hive_partitioning = false)"


def _publish(ready: Path, final: Path) -> None:
    """Give a finished file its name, so that a reader sees all of it or nothing, also after power loss."""
    with ready.open("rb+") as file:
        os.fsync(file.fileno())
    ready.replace(final)
    if os.name == "posix":  # Windows cannot open folders; its file system journals the rename
        folder = os.open(final.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]
