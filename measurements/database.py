"""A SQLite file of ours, in use: one thread writes, one connection reads, threads may share both.

The settings that promise durability stand here and nowhere else: WAL with `synchronous=FULL`, so that what was
acknowledged survives kill -9 and power loss; `secure_delete`, so that what was deleted is overwritten.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from measurements.sqlcipher import BUSY_SECONDS, ENGINE_ERRORS, OPENING_ERRORS
from measurements.store_errors import StoreError, explain
from measurements.writer import Writer

T = TypeVar("T")
# Given as the path: nothing touches the disk, and everything ends with the process.
IN_MEMORY: Final = Path(":memory:")
# Statements that lead from each version of the tables to the next one.
Steps = Sequence[Sequence[str]]

# Making a file takes milliseconds.
_LOOK_AGAIN: Final = 0.01  # seconds
_SETTINGS: Final = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON")


class Database:
    """An open file. `connect` gives connections made with `isolation_level=None` and `check_same_thread=False`."""

    def __init__(
        self,
        path: Path,
        connect: Callable[[], sqlite3.Connection],
        steps: Steps,
        before_commit: Callable[[sqlite3.Connection], None] = lambda _connection: None,
    ) -> None:
        """Open or create the file and bring it to the newest step. Raises StoreError with what to do.

        `before_commit` is called in each transaction after its work; what it raises undoes the work.
        """
        self._path = path
        try:
            if path != IN_MEMORY and not path.exists():
                path.touch(mode=0o600, exist_ok=True)
            writing = self._reading = _settled(connect())
            migrate(writing, path, steps)
            if path != IN_MEMORY:
                self._reading = _settled(connect())
                self._reading.execute("PRAGMA query_only=ON")
        except OPENING_ERRORS as error:
            raise explain(error, path) from None
        self._read_lock = threading.Lock()
        self._writer = Writer(writing, path, before_commit)

    def submit(self, work: Callable[[sqlite3.Connection], T]) -> "Future[T]":
        """Queue `work` for the writer thread; the future resolves after its commit is on disk."""
        return self._writer.submit(work)

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Rows of a query. Raises StoreError."""
        return self.read(lambda connection: connection.execute(statement, values).fetchall())

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` reads. Raises StoreError."""
        try:
            with self._read_lock:
                return work(self._reading)
        except ENGINE_ERRORS as error:
            raise explain(error, self._path) from None

    def close(self) -> None:
        """Write what is queued, then close."""
        self._writer.close()
        self._reading.close()


class DatabaseHolder:
    """What is stored in one `Database`: work is queued to it, and the end of a `with` block closes it."""

    _database: Database

    def submit(self, work: Callable[[sqlite3.Connection], T]) -> "Future[T]":
        """Queue `work` for the writer thread; the future resolves after its commit is on disk.

        For asyncio: `await asyncio.wrap_future(store.submit(...))`.
        """
        return self._database.submit(work)

    def close(self) -> None:
        """Write what is queued, then close."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def migrate(connection: sqlite3.Connection, path: Path, steps: Steps) -> None:
    """Take the steps that the file lacks, in one transaction. Raises StoreError for a file of a newer Efir.

    `PRAGMA user_version` counts the steps already taken.
    """
    if version(connection, path, steps) == len(steps):
        return
    connection.execute("BEGIN IMMEDIATE")  # two processes may start at once: look again under the lock
    try:
        for step in steps[version(connection, path, steps) :]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def version(connection: sqlite3.Connection, path: Path, steps: Steps) -> int:
    """Steps already taken. Raises StoreError for a file of a newer Efir."""
    taken = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if taken > len(steps):
        raise StoreError(
            f"{path} was written by a newer Efir (schema {taken}, this one knows {len(steps)}); update Efir"
        )
    return taken


def _settled(connection: sqlite3.Connection) -> sqlite3.Connection:
    """SQLite waits for others, but not while one of them makes the file or leaves it as the last: then we do."""
    until = time.monotonic() + BUSY_SECONDS
    for setting in _SETTINGS:
        while not _set(connection, setting, last=time.monotonic() > until):
            time.sleep(_LOOK_AGAIN)
    return connection


def _set(connection: sqlite3.Connection, setting: str, last: bool) -> bool:
    """False if another connection was in the way; `last` makes that an error."""
    try:
        connection.execute(f"PRAGMA {setting}")
    except ENGINE_ERRORS as error:
        if last or getattr(error, "sqlite_errorname", "") != "SQLITE_BUSY":
            raise
        return False
    return True
