"""The spool's tables and how older files become newer ones.

`PRAGMA user_version` counts the steps already taken. A step is never edited after a release: what changes is a new step
at the end of the list. Records themselves are JSON with their own schema number, so that most changes need no step.
"""

from typing import Final

# `time` is in Unix microseconds of the measurement, `uploaded` in Unix seconds of the collector's answer.
STEPS: Final[tuple[tuple[str, ...], ...]] = (
    (
        """CREATE TABLE observations (
             seq INTEGER PRIMARY KEY,
             id TEXT NOT NULL UNIQUE,
             time INTEGER NOT NULL,
             run_id TEXT NOT NULL,
             platform TEXT NOT NULL,
             record BLOB NOT NULL,
             uploaded REAL)""",
        "CREATE INDEX observations_time ON observations (time)",
        "CREATE INDEX observations_run ON observations (run_id)",
        "CREATE INDEX observations_platform ON observations (platform, time)",
        "CREATE INDEX observations_waiting ON observations (seq) WHERE uploaded IS NULL",
        # What commands print: kind is verdict, summary or throttle; a summary's id is its run.
        """CREATE TABLE lines (
             seq INTEGER PRIMARY KEY,
             kind TEXT NOT NULL,
             id TEXT NOT NULL,
             time INTEGER NOT NULL,
             run_id TEXT,
             platform TEXT,
             record BLOB NOT NULL,
             uploaded REAL,
             UNIQUE (id, kind))""",
        "CREATE INDEX lines_kind ON lines (kind, seq)",
        "CREATE INDEX lines_time ON lines (kind, time)",
        "CREATE INDEX lines_run ON lines (run_id)",
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    ),
    (
        # Why the collector will never take a row: it is not offered again, and stays until someone looks at it.
        "ALTER TABLE observations ADD COLUMN refused TEXT",
        "ALTER TABLE lines ADD COLUMN refused TEXT",
        "DROP INDEX observations_waiting",
        "CREATE INDEX observations_waiting ON observations (seq) WHERE uploaded IS NULL AND refused IS NULL",
        "CREATE INDEX lines_waiting ON lines (seq) WHERE uploaded IS NULL AND refused IS NULL",
    ),
    (
        # Counting then reads no records, which lie in most of the file's pages.
        "CREATE INDEX observations_refused ON observations (seq) WHERE refused IS NOT NULL",
        "CREATE INDEX lines_refused ON lines (seq) WHERE refused IS NOT NULL",
    ),
)
