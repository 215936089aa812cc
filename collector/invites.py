"""What an operator does with invites and with what came in under them. Each takes a store and is one transaction."""

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from collector.keys import Keys
from collector.store import CollectorError, Sender, Store
from measurements.invite import Invite
from measurements.microseconds import microseconds
from measurements.sealing import key_text, proof_of, token_text
from measurements.targets import Helper

# A token is 256 random bits: nothing can be guessed, so a plain hash at rest is enough.
_TOKEN_BYTES = 32
_ID_BYTES = 5  # an id tells vantages apart, for people to read and type; it opens nothing


def new_invite(
    store: Store,
    keys: Keys,
    collectors: Sequence[str],
    helper: Helper | None,
    now: datetime,
    random_bytes: Callable[[int], bytes],
) -> Invite:
    """Make an invite; the store keeps a hash of what its token proves, the token itself is only in the invite."""
    token = token_text(random_bytes(_TOKEN_BYTES))
    invite = Invite(
        id=random_bytes(_ID_BYTES).hex(),
        collectors=tuple(collectors),
        key=key_text(keys.public),
        token=token,
        helper=helper,
    )
    row = (invite.id, hashlib.sha256(proof_of(token)).digest(), microseconds(now))
    _change(store, "INSERT INTO invites (id, proof_hash, created) VALUES (?, ?, ?)", row)
    return invite


def _change(store: Store, statement: str, values: Sequence[Any]) -> int:
    """Rows changed, on disk when this returns. Raises StoreError."""
    return store.submit(lambda connection: connection.execute(statement, values).rowcount).result()


def revoke(store: Store, invite_id: str, now: datetime) -> None:
    """Take nothing more under this invite; what came in stays. Raises CollectorError."""
    statement = "UPDATE invites SET revoked = coalesce(revoked, ?) WHERE id = ?"
    if not _change(store, statement, (microseconds(now), invite_id)):
        raise CollectorError(f"there is no invite {invite_id}; list them: efir collect vantages")


class Selection(NamedTuple):
    """Which results to take back; None = any."""

    invite: str | None = None
    platform: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def condition(self) -> tuple[str, list[Any]]:
        """SQL and its values."""
        parts: list[tuple[str, Any]] = []
        if self.invite is not None:
            parts.append(("invite = (SELECT number FROM invites WHERE id = ?)", self.invite))
        if self.platform is not None:
            parts.append(("platform = ?", self.platform))
        if self.since is not None:
            parts.append(("time >= ?", microseconds(self.since)))
        if self.until is not None:
            parts.append(("time < ?", microseconds(self.until)))
        return " AND ".join(text for text, _value in parts) or "true", [value for _text, value in parts]


def retract(store: Store, selection: Selection, *, undo: bool = False) -> int:
    """Take accepted results out of everything that is shown or exported (or bring them back); gives how many."""
    condition, values = selection.condition()
    to, of = ("accepted", "retracted") if undo else ("retracted", "accepted")
    statement = f"UPDATE items SET state = ? WHERE state = ? AND {condition}"
    return _change(store, statement, (to, of, *values))


def withdrawing(sender: Sender, sent_at: int) -> Callable[[sqlite3.Connection], int]:
    """Work that deletes all that a volunteer sent; ids stay, so that a replay brings nothing back."""

    def work(connection: sqlite3.Connection) -> int:
        connection.execute(
            "UPDATE invites SET withdrawn = max(coalesce(withdrawn, 0), ?) WHERE number = ?",
            (sent_at, sender.number),
        )
        connection.execute(
            "DELETE FROM networks WHERE vantage IN (SELECT vantage FROM items WHERE invite = ?)",
            (sender.number,),
        )
        return connection.execute(
            "UPDATE items SET state = 'withdrawn', flags = '', time = 0, raw_time = 0, received = 0, run_id = NULL, "
            "vantage = NULL, platform = NULL, asn = NULL, country = NULL, record = NULL "
            "WHERE invite = ? AND state <> 'withdrawn'",
            (sender.number,),
        ).rowcount

    return work


def forget_before(store: Store, time: datetime) -> int:
    """Delete results measured before `time`; gives how many."""
    return _change(store, "DELETE FROM items WHERE time < ? AND state <> 'withdrawn'", (microseconds(time),))


class VantageRow(NamedTuple):
    """One invite as `efir collect vantages` lists it; times in microseconds."""

    id: str
    created: int
    revoked: int | None
    seen: int | None
    batches: int
    accepted: int
    quarantined: int
    retracted: int
    duplicates: int
    rejected: int
    mismatches: int


def vantages(store: Store) -> list[VantageRow]:
    """All invites, oldest first."""
    found = store.rows(
        "SELECT i.id, i.created, i.revoked, i.seen, i.batches, "
        "coalesce(sum(t.state = 'accepted'), 0), coalesce(sum(t.state = 'quarantined'), 0), "
        "coalesce(sum(t.state = 'retracted'), 0), i.duplicates, i.rejected, i.mismatches "
        "FROM invites i LEFT JOIN items t ON t.invite = i.number GROUP BY i.number ORDER BY i.number"
    )
    return [VantageRow(*row) for row in found]
