"""Opening a spool, whoever does it: with its key, or plain where this system has no SQLCipher.

A spool that was written plain is encrypted when it is next opened for writing: copied into a new file, which then takes
its place in one step. A crash before that step leaves the plain file as it was, one after it the encrypted one.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Literal

from measurements import sqlcipher
from measurements.database import version
from measurements.spool_key import key_file, make_key, read_key
from measurements.sqlcipher import ENGINE_ERRORS, OPENING_ERRORS, Mode, as_raw, open_file
from measurements.state import sync_folder
from measurements.store_errors import StoreError, explain
from measurements.store_schema import STEPS

Content = Literal["nothing", "plain", "encrypted"]
# https://www.sqlite.org/fileformat.html, section 1.3; an encrypted file begins with 16 random bytes.
_PLAIN: Final = b"SQLite format 3\0"


def content(spool: Path) -> Content:
    """What the file holds. Damage may look encrypted. Raises OSError."""
    try:
        with spool.open("rb") as file:
            start = file.read(len(_PLAIN))
    except FileNotFoundError:
        return "nothing"
    if not start:
        return "nothing"
    return "plain" if start == _PLAIN else "encrypted"


def prepare(spool: Path) -> None:
    """Before writing: make the key of a new spool, encrypt a plain one. Raises StoreError, StateError."""
    try:
        found = content(spool)
        if (
            not sqlcipher.AVAILABLE
            or frozen(spool)
            or found == "encrypted"
            or (found == "nothing" and key_file(spool).exists())
        ):
            return
        with _alone(spool):
            found = content(spool)  # another process may have done it while we waited
            if found != "encrypted" and not key_file(spool).exists():
                make_key(key_file(spool))
            if found == "plain":
                _encrypt(spool, read_key(spool))
    except OPENING_ERRORS as error:
        raise explain(error, spool) from None


def frozen(spool: Path) -> bool:
    """Whether it lies where nothing can be written, such as a backup's read-only mount, and no write is under way."""
    return spool.exists() and not os.access(spool.parent, os.W_OK) and not _beside(spool, "-wal").exists()


def connect(spool: Path, mode: Mode = "rw") -> sqlite3.Connection:
    """A connection as `sqlcipher.open_file` gives it, to a file that exists. Raises StoreError with what to do.

    Where nothing can be written, what is stored can still be read.
    """
    mode = "frozen" if frozen(spool) else mode
    try:
        found = content(spool)
        if found == "nothing" and mode != "rw":
            raise StoreError(f"{spool} is missing or empty: nothing is stored in it")
        if found == "plain" or (found == "nothing" and not sqlcipher.AVAILABLE):
            return open_file(spool, None, mode)
        if not sqlcipher.AVAILABLE:
            raise StoreError(
                f"{spool} is encrypted, or damaged, and this installation cannot decrypt: the Python package "
                "sqlcipher3 is missing. Use the Efir that wrote it, or efir wipe and measure anew"
            )
        return _unlocked(spool, read_key(spool), mode)
    except OPENING_ERRORS as error:
        raise explain(error, spool) from None


def _unlocked(spool: Path, key: str, mode: Mode) -> sqlite3.Connection:
    connection = open_file(spool, key, mode)
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema")
    except ENGINE_ERRORS as error:
        connection.close()
        if getattr(error, "sqlite_errorname", "") != "SQLITE_NOTADB":
            raise
        raise StoreError(
            f"{spool} does not open with the key {key_file(spool)}: the key is another spool's, or the file is "
            "damaged. Put the right key back; else keep a copy if you need it, move the file away and run again"
        ) from None
    return connection


@contextmanager
def _alone(spool: Path) -> Iterator[None]:
    """One process at a time; SQLite's locks end with their process, on every system."""
    lock = _beside(spool, ".lock")
    lock.touch(mode=0o600)
    with closing(open_file(lock, None)) as held:
        held.execute("BEGIN EXCLUSIVE")
        yield


def _encrypt(spool: Path, key: str) -> None:
    new = _beside(spool, ".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    try:
        with closing(open_file(spool, None)) as plain:
            _copy(plain, new, key, version(plain, spool, STEPS))
        with new.open("r+b") as written:
            os.fsync(written.fileno())
        os.replace(new, spool)  # only now, since Windows moves nothing onto a file that is open
        sync_folder(spool.parent)
    finally:
        new.unlink(missing_ok=True)


def _copy(plain: sqlite3.Connection, new: Path, key: str, steps: int) -> None:
    # Ends the write-ahead log. Fails while anybody else has the file open, so that nothing is written behind us.
    plain.execute("PRAGMA journal_mode=DELETE")
    plain.execute("ATTACH ? AS encrypted KEY ?", (str(new), as_raw(key)))
    plain.execute("PRAGMA encrypted.journal_mode=OFF")  # a half-written copy is thrown away, not mended
    plain.execute("BEGIN EXCLUSIVE")
    plain.execute("SELECT sqlcipher_export('encrypted')").fetchall()
    plain.execute(f"PRAGMA encrypted.user_version = {steps}")  # which the export leaves out
    plain.execute("COMMIT")
    plain.execute("DETACH encrypted")


def _beside(spool: Path, suffix: str) -> Path:
    return spool.with_name(spool.name + suffix)
