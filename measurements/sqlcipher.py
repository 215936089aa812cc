"""The SQLite behind the spool: SQLCipher where it is installed, else Python's own.

SQLCipher encrypts each page with AES-256 and guards it with an HMAC, also in the write-ahead log. Given no key it reads
and writes plain files like any SQLite.
Source: https://www.zetetic.net/sqlcipher/design/
"""

import sqlite3
from pathlib import Path
from typing import Any, Final, Literal

try:
    from sqlcipher3 import dbapi2 as _sqlcipher
except ImportError:  # no ready-made build for this system, such as 32-bit Arm
    _sqlcipher = None

AVAILABLE: Final = _sqlcipher is not None
# What statements raise: each of the two has its own classes.
ENGINE_ERRORS: Final[tuple[type[Exception], ...]] = (
    (sqlite3.Error, _sqlcipher.Error) if AVAILABLE else (sqlite3.Error,)
)
# What opening a file raises.
OPENING_ERRORS: Final[tuple[type[Exception], ...]] = (OSError, *ENGINE_ERRORS)
# How long a statement waits for another process's transaction; ours last milliseconds.
BUSY_SECONDS: Final = 10.0

_engine: Final[Any] = _sqlcipher or sqlite3
# A large sort would else lie readable in a temporary file, outside of our folder and beyond `efir wipe`.
_SORT_IN_MEMORY: Final = "PRAGMA temp_store = MEMORY"


# "frozen": nothing on its medium can change, not even locks.
Mode = Literal["ro", "rw", "frozen"]
_ACCESS: Final[dict[Mode, str]] = {"ro": "mode=ro", "rw": "mode=rw", "frozen": "mode=ro&immutable=1"}


def open_file(path: Path, key: str | None, mode: Mode = "rw") -> sqlite3.Connection:
    """A connection to an existing file for use from any thread, with no transactions of its own; `key` None = plain.

    `key` is 64 hex digits, used as they are, without derivation. A wrong one is noticed by the first statement.
    SQLCipher's connections are used like those of `sqlite3`, whose type stands for both. Raises ENGINE_ERRORS.
    """
    connection: sqlite3.Connection = _engine.connect(
        f"{path.resolve().as_uri()}?{_ACCESS[mode]}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute(_SORT_IN_MEMORY)
    if AVAILABLE:
        # Its own log would print to stderr what our errors say.
        connection.execute("PRAGMA cipher_log_level = NONE")
    if key is not None:
        connection.execute(f'PRAGMA key = "{as_raw(key)}"')
    return connection


def open_in_memory() -> sqlite3.Connection:
    """A connection to an empty database that touches no disk and ends with the connection."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.execute(_SORT_IN_MEMORY)
    return connection


def as_raw(key: str) -> str:
    """A key as SQLCipher reads one that needs no derivation."""
    return f"x'{key}'"
