"""The key of the spool: 32 random bytes in a small file of their own.

The file lies in the state folder, or where $EFIR_KEY_FILE says: a memory stick, a systemd credential. Whoever has a
copy of the spool without it has nothing, and overwriting this one small file takes the results away from everybody.
"""

import errno
import os
import re
from pathlib import Path
from typing import Final

from measurements.state import StateFolder, write_private
from measurements.store_errors import StoreError

VARIABLE: Final = "EFIR_KEY_FILE"
# 256 bits, as AES-256 takes them; also what `openssl rand -hex 32` writes.
_BYTES: Final = 32
_KEY: Final = re.compile(rb"[0-9a-fA-F]{64}\s*")


def key_file(spool: Path) -> Path:
    """Where the key of this spool lies, or shall lie."""
    given = os.environ.get(VARIABLE)
    return Path(given) if given else StateFolder(spool.parent).key


def key_environment() -> dict[str, str]:
    """What another program's environment must hold to find the same keys."""
    given = os.environ.get(VARIABLE)
    return {VARIABLE: str(Path(given).absolute())} if given else {}


def make_key(file: Path) -> None:
    """Write a new key, on disk before returning. Raises StateError."""
    write_private(file, os.urandom(_BYTES).hex().encode() + b"\n")


def read_key(spool: Path) -> str:
    """The key of this spool as 64 hex digits. Raises StoreError with what to do."""
    file = key_file(spool)
    try:
        content = _read(file)
    except FileNotFoundError:
        raise StoreError(
            f"{spool} is encrypted, or damaged, and its key {file} is not here. Put the key back, or name its "
            f"place with {VARIABLE}. Without the key nobody can read what is stored; on the device that measured, "
            "efir wipe lets you begin anew"
        ) from None
    except OSError as error:
        raise StoreError(f"the key {file} of {spool} cannot be read ({error.strerror})") from None
    if not _KEY.fullmatch(content):
        what = (
            f"so {spool} cannot be read; put the right key back"
            if spool.exists() and spool.stat().st_size
            else "and nothing is stored yet; move that file away, and a new key is made"
        )
        raise StoreError(f"{file} holds no key (64 hex digits), {what}")
    return content.decode().strip()


def key_elsewhere(folder: StateFolder) -> list[Path]:
    """The key's file if it lies outside the folder and really holds a key, else nothing."""
    file = key_file(folder.spool)
    try:
        return [file] if file != folder.key and _KEY.fullmatch(_read(file)) else []
    except OSError:
        return []


def _read(file: Path) -> bytes:
    """Raises OSError, also for what is no ordinary file: reading a named pipe would wait for ever."""
    if file.exists() and not file.is_file():
        raise OSError(errno.EINVAL, "it is no ordinary file")
    return file.read_bytes()


def erase(file: Path) -> None:
    """Overwrite a key, on disk, and remove its file, also if it cannot be overwritten. Raises OSError."""
    try:
        with file.open("r+b") as opened:
            opened.write(os.urandom(file.stat().st_size))
            opened.flush()
            os.fsync(opened.fileno())
    except FileNotFoundError:  # named twice: $EFIR_KEY_FILE leads into the folder
        return
    finally:
        file.unlink(missing_ok=True)
