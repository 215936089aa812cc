"""One thread that does all writing to a SQLite file, committing what has queued up together.

Many small writes then cost one fsync. A transaction that fails is done again job by job: one bad job fails alone.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final, TypeVar

from measurements.sqlcipher import ENGINE_ERRORS
from measurements.store_errors import StoreError, explain

T = TypeVar("T")
_Job = tuple[Callable[[sqlite3.Connection], Any], "Future[Any]"]
# Jobs in one transaction: enough to share an fsync, few enough that the first does not wait long for the last.
_AT_ONCE: Final = 100


class Writer:
    """Owns `connection` (made with `isolation_level=None`) from now on, and closes it."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        before_commit: Callable[[sqlite3.Connection], None] = lambda _connection: None,
    ) -> None:
        """`before_commit` is called in each transaction after its jobs; what it raises undoes them."""
        self._connection = connection
        self._path = path
        self._before_commit = before_commit
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, name="efir-writer", daemon=True)
        self._thread.start()
        self._closed = False

    def submit(self, work: Callable[[sqlite3.Connection], T]) -> "Future[T]":
        """Queue `work`; the future resolves after its commit is on disk.

        For asyncio: `await asyncio.wrap_future(writer.submit(...))`.
        """
        future: Future[T] = Future()
        if self._closed:
            future.set_exception(StoreError(f"{self._path} was already closed"))
        else:
            self._jobs.put((work, future))
        return future

    def close(self) -> None:
        """Write what is queued, then close."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        self._thread.join()
        self._connection.close()

    def _write_all(self) -> None:
        while (job := self._jobs.get()) is not None:
            batch = [job]
            while not self._jobs.empty() and len(batch) < _AT_ONCE:
                following = self._jobs.get()
                if following is None:
                    self._jobs.put(None)  # close() waits behind what is queued
                    break
                batch.append(following)
            self._write(batch)

    def _write(self, batch: list[_Job]) -> None:
        """One transaction for the batch; if it fails, each job alone."""
        try:
            results = self._commit([work for work, _ in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is goes to the caller who waits for it
            if len(batch) > 1:
                for each in batch:
                    self._write([each])
                return
            wrapped = explain(error, self._path) if isinstance(error, ENGINE_ERRORS) else error
            batch[0][1].set_exception(wrapped)
            return
        for (_, future), result in zip(batch, results, strict=True):
            future.set_result(result)

    def _commit(self, work: list[Callable[[sqlite3.Connection], Any]]) -> list[Any]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            results = [each(self._connection) for each in work]
            self._before_commit(self._connection)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        return results
