"""The collector's results: one SQLite file, one writer thread, each result exactly once.

A batch is acknowledged after its transaction is on disk (WAL, `synchronous=FULL`); batches that wait together share one
commit. A result is known by the id its maker chose: sent twice, or replayed by somebody, it is there once.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from collector.networks import Network
from collector.schema import STEPS
from measurements.batch import ItemAnswer
from measurements.database import Database, DatabaseHolder
from measurements.errors import ConfigurationError
from measurements.state import StateFolder

T = TypeVar("T")
FILE: Final = "collector.sqlite3"
# How long a write waits for another process's transaction: `efir collect retract` beside a running collector.
_BUSY_SECONDS: Final = 30.0


class CollectorError(ConfigurationError):
    """The store cannot be used so; the text says why and what to do."""


class Sender(NamedTuple):
    """The invite that a batch's proof belongs to."""

    number: int
    id: str
    withdrawn: int | None  # microseconds: batches sealed before count as withdrawn too


class Stored(NamedTuple):
    """A row of `items`, in the order of its columns behind `invite`."""

    kind: str
    id: str
    state: str
    flags: str
    time: int
    raw_time: int
    received: int
    run_id: str | None
    vantage: str | None
    platform: str | None
    asn: int | None
    country: str | None
    record: bytes


_INSERT: Final = (
    "INSERT OR IGNORE INTO items (invite, kind, id, state, flags, time, raw_time, received, run_id, vantage, platform, "
    "asn, country, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class Store(DatabaseHolder):
    """The results in one folder. Use as a context manager; threads may share it."""

    def __init__(self, folder: Path) -> None:
        """Open or create (folder 0700, file 0600). Raises StoreError, StateError."""
        self.folder = folder
        self.path = folder / FILE
        StateFolder(folder).create()
        self._database = Database(self.path, self._connect, STEPS)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Rows of a query. Raises StoreError."""
        return self._database.rows(statement, values)

    def sender(self, proof_hash: bytes) -> Sender | None:
        """Who a proof belongs to; None if nobody, or one whose invite was revoked."""
        found = self.rows(
            "SELECT number, id, withdrawn FROM invites WHERE proof_hash = ? AND revoked IS NULL",
            (proof_hash,),
        )
        return Sender(*found[0]) if found else None

    def networks_of(self, vantages: Iterable[str]) -> dict[str, Network]:
        """What was learnt of these pseudonyms' networks."""
        found = self.rows(
            "SELECT vantage, asn, country FROM networks WHERE vantage IN (SELECT value FROM json_each(?))",
            (msgspec.json.encode(list(vantages)).decode(),),
        )
        return {vantage: Network(asn, country) for vantage, asn, country in found}


class Batch(NamedTuple):
    """A batch ready to be stored."""

    sender: Sender
    rows: list[Stored]
    refused: list[ItemAnswer]
    received: int
    learnt: tuple[str, Network] | None  # pseudonym on the network that the connection came from


def storing(batch: Batch) -> Callable[[sqlite3.Connection], list[ItemAnswer]]:
    """Work that stores a batch and answers for each item."""

    def work(connection: sqlite3.Connection) -> list[ItemAnswer]:
        answers = []
        for row in batch.rows:
            new = connection.execute(_INSERT, (batch.sender.number, *row)).rowcount
            held = "quarantined" if new and row.state == "quarantined" else None
            answers.append(ItemAnswer(id=row.id, status="accepted" if new else "duplicate", reason=held))
        duplicates = sum(each.status == "duplicate" for each in answers)
        mismatches = sum("mismatch" in row.flags for row in batch.rows)
        connection.execute(
            "UPDATE invites SET seen = ?, batches = batches + 1, duplicates = duplicates + ?, rejected = rejected + ?, "
            "mismatches = mismatches + ? WHERE number = ?",
            (batch.received, duplicates, len(batch.refused), mismatches, batch.sender.number),
        )
        if batch.learnt is not None:
            vantage, network = batch.learnt
            connection.execute(
                "INSERT INTO networks VALUES (?, ?, ?, ?) ON CONFLICT (vantage) DO UPDATE SET "
                "asn = excluded.asn, country = excluded.country, seen = excluded.seen",
                (vantage, network.asn, network.country, batch.received),
            )
        return answers + batch.refused

    return work
