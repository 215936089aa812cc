"""Reading a spool that somebody else may be writing, without touching it."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path


def stored_observations(path: Path) -> Iterator[bytes]:
    """Each observation of the file as JSON, in the order they were stored. Raises sqlite3.Error."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        for (record,) in connection.execute("SELECT record FROM observations ORDER BY seq"):
            yield record
    finally:
        connection.close()
