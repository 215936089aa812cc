"""The collector's tables. `PRAGMA user_version` counts the steps taken, as in the spool on a device."""

from typing import Final

# Times are microseconds since 1970 by our clock but `raw_time`, which is the device's. An item's `state` is accepted,
# quarantined, retracted or withdrawn; a withdrawn one keeps only its id, so that a replay does not bring it back.
STEPS: Final[tuple[tuple[str, ...], ...]] = (
    (
        """CREATE TABLE invites (
             number INTEGER PRIMARY KEY,
             id TEXT NOT NULL UNIQUE,
             proof_hash BLOB NOT NULL UNIQUE,
             created INTEGER NOT NULL,
             revoked INTEGER,
             withdrawn INTEGER,
             seen INTEGER,
             batches INTEGER NOT NULL DEFAULT 0,
             duplicates INTEGER NOT NULL DEFAULT 0,
             rejected INTEGER NOT NULL DEFAULT 0,
             mismatches INTEGER NOT NULL DEFAULT 0)""",
        """CREATE TABLE items (
             seq INTEGER PRIMARY KEY,
             kind TEXT NOT NULL,
             id TEXT NOT NULL,
             invite INTEGER NOT NULL REFERENCES invites,
             state TEXT NOT NULL,
             flags TEXT NOT NULL,
             time INTEGER NOT NULL,
             raw_time INTEGER NOT NULL,
             received INTEGER NOT NULL,
             run_id TEXT,
             vantage TEXT,
             platform TEXT,
             asn INTEGER,
             country TEXT,
             record BLOB,
             UNIQUE (id, kind))""",
        "CREATE INDEX items_time ON items (time)",
        "CREATE INDEX items_invite ON items (invite, time)",
        # The network of a pseudonym, learnt from a direct upload out of that same network.
        """CREATE TABLE networks (
             vantage TEXT PRIMARY KEY, asn INTEGER, country TEXT, seen INTEGER NOT NULL) WITHOUT ROWID""",
        # What researchers and the exporter read: as in a device's spool, so that `efir import` takes either file.
        """CREATE VIEW observations AS
             SELECT seq, id, time, run_id, platform, record, invite FROM items
             WHERE kind = 'observation' AND state = 'accepted'""",
        """CREATE VIEW lines AS
             SELECT seq, kind, id, time, run_id, platform, record, vantage, asn, country, invite FROM items
             WHERE kind <> 'observation' AND state = 'accepted'""",
    ),
)
