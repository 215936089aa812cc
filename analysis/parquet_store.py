"""The store of a laptop: `DIR/day=YYYY-MM-DD/HASH.parquet`, zstd, each file written whole or not at all.

An import stages its rows, splits them by UTC day, and per day writes one file with those rows that the day does not
hold yet. So no row is there twice, an import that was killed can simply be run again, and memory depends on the
largest day, not on the size of the data.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from analysis.arrow import schema
from analysis.engines.duck import connect, quoted
from analysis.flat import IDENTITY, STORED_NAMES

WORK = ".import"  # inside DIR: staged rows, gone when the import ends
ROW_GROUP = 122_880  # rows; DuckDB's own default, a row group is its unit of parallel reading


class StoreBusy(Exception):
    """Another import writes to this folder."""


@dataclass(frozen=True)
class Added:
    """What a commit did: `rows` are new, `duplicates` were there before or came twice."""

    rows: int = 0
    duplicates: int = 0


def flat_files(folder: Path) -> list[Path]:
    """The Parquet files of a store, by day."""
    return sorted(folder.glob("day=*/*.parquet"))


@contextmanager
def open_writer(folder: Path) -> Iterator["Writer"]:
    """A writer into `folder` (made if missing). Nothing is visible to readers before `commit`.

    Raises StoreBusy while another process writes there.
    """
    work = folder / WORK
    work.mkdir(parents=True, exist_ok=True)
    try:
        # DuckDB's lock on this file is what keeps a second writer out; the system drops it when we die.
        connection = connect(str(work / "lock.duckdb"))
    except duckdb.IOException as error:
        raise StoreBusy(str(folder)) from error
    writer = Writer(folder, connection)
    try:
        yield writer
    finally:
        connection.close()
        shutil.rmtree(work, ignore_errors=True)


class Writer:
    """Takes rows in any order; `commit` makes them part of the store."""

    def __init__(self, folder: Path, connection: Any) -> None:
        self._folder = folder
        self.connection = connection
        self._staged = folder / WORK / "staged"
        shutil.rmtree(self._staged, ignore_errors=True)  # what a killed import left behind
        self._staged.mkdir()
        self._parts = 0

    def stage_batches(self, batches: Iterable[Any]) -> None:
        """Stage `pyarrow.RecordBatch`es of the stored columns."""
        with pq.ParquetWriter(self._part(), schema(), compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(batch)

    def stage_query(self, select: str) -> None:
        """Stage what an SQL query on `connection` gives; it must give the stored columns."""
        self.connection.execute(
            f"COPY ({select}) TO {quoted(self._part())} (FORMAT parquet, COMPRESSION zstd)"
        )

    def _part(self) -> Path:
        self._parts += 1
        return self._staged / f"{self._parts:06d}.parquet"

    def commit(self) -> Added:
        """Write what is new, day by day, and count."""
        if not self._parts:
            return Added()
        split = self._folder / WORK / "split"
        shutil.rmtree(split, ignore_errors=True)
        columns = ", ".join(STORED_NAMES)
        source = f"read_parquet({quoted(self._staged / '*.parquet')})"
        staged = self.connection.execute(f"SELECT count(*) FROM {source}").fetchone()[0]
        self.connection.execute(
            f"COPY (SELECT {columns}, CAST(time AS DATE) AS day FROM {source}) TO {quoted(split)} "
            "(FORMAT parquet, PARTITION_BY (day))"
        )
        added = sum(self._merge(day) for day in sorted(split.glob("day=*")))
        return Added(added, staged - added)

    def _merge(self, staged_day: Path) -> int:
        """Write the rows of one staged day that the store lacks; gives their number."""
        day = self._folder / staged_day.name
        rows = f"read_parquet({quoted(staged_day / '*.parquet')}, hive_partitioning = false)"
        new = f"(SELECT DISTINCT ON ({', '.join(IDENTITY)}) * FROM {rows}) AS new"
        if any(day.glob("*.parquet")):
            same = " AND ".join(f"new.{name} IS NOT DISTINCT FROM old.{name}" for name in IDENTITY)
            held = f"read_parquet({quoted(day / '*.parquet')}, hive_partitioning = false) AS old"
            new += f" ANTI JOIN {held} ON {same}"
        columns = ", ".join(f"new.{name}" for name in STORED_NAMES)
        ready = self._folder / WORK / "ready.parquet"
        # Sorted by all columns: the same rows give the same bytes and so the same file name.
        count = self.connection.execute(
            f"COPY (SELECT {columns} FROM {new} ORDER BY ALL) TO {quoted(ready)} "
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
        ).fetchone()[0]
        if count:
            day.mkdir(exist_ok=True)
            publish(ready, day / f"{_hash(ready)}.parquet")
        return int(count)


def publish(ready: Path, final: Path) -> None:
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
