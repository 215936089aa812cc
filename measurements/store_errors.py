"""What SQLite's errors mean to a person, and what to do about each."""

from pathlib import Path
from typing import Final

from measurements.errors import ConfigurationError


class StoreError(ConfigurationError):
    """The spool cannot be used; the text says why and what to do. What was acknowledged is not lost."""


class SpoolFull(StoreError):
    """No room left: the disk, or the spool's own cap."""


# First match of the beginning of SQLite's error name (sqlite.org/rescode.html).
_MEANING: Final[tuple[tuple[str, type[StoreError], str], ...]] = (
    (
        "SQLITE_FULL",
        SpoolFull,
        "the disk is full; free some space and run again. What was stored before is safe",
    ),
    ("SQLITE_IOERR", StoreError, "the disk gave an error; check it (it may be full or failing)"),
    (
        "SQLITE_READONLY",
        StoreError,
        "it cannot be written; check the folder's permissions or use --state DIR",
    ),
    ("SQLITE_PERM", StoreError, "it cannot be written; check the folder's permissions or use --state DIR"),
    ("SQLITE_CANTOPEN", StoreError, "it cannot be opened; check the folder's permissions or use --state DIR"),
    ("SQLITE_BUSY", StoreError, "another program keeps it locked; stop the other efir, then run again"),
    ("SQLITE_LOCKED", StoreError, "another program keeps it locked; stop the other efir, then run again"),
    (
        "SQLITE_CORRUPT",
        StoreError,
        "the file is damaged; keep a copy if you need it, then move it away and run again",
    ),
    (
        "SQLITE_NOTADB",
        StoreError,
        "the file is damaged; keep a copy if you need it, then move it away and run again",
    ),
)


def explain(error: Exception, path: Path) -> StoreError:
    """A StoreError for an error of SQLite or of the system; one that is a StoreError already stays as it is."""
    if isinstance(error, StoreError):
        return error
    if isinstance(error, OSError):
        return StoreError(f"{path}: {error.strerror}; check the folder's permissions or use --state DIR")
    name = getattr(error, "sqlite_errorname", "")
    for beginning, kind, text in _MEANING:
        if name.startswith(beginning):
            return kind(f"{path}: {text}")
    return StoreError(f"{path}: {error} ({name or type(error).__name__})")
