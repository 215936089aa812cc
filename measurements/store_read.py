"""Reading a spool that somebody else may be writing, without touching it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from measurements.spool_file import connect
from measurements.sqlcipher import ENGINE_ERRORS
from measurements.store_errors import explain


def stored_observations(path: Path) -> Iterator[bytes]:
    """Each observation of the file as JSON, in the order they were stored. Raises StoreError."""
    with closing(connect(path, "ro")) as connection:
        try:
            for (record,) in connection.execute("SELECT record FROM observations ORDER BY seq"):
                yield record
        except ENGINE_ERRORS as error:
            raise explain(error, path) from None
