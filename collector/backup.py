"""Copies of the results and invites, and putting one back. Keys are never in them."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from collector.store import FILE, CollectorError, Store
from measurements.state import StateFolder


def write_backup(store: Store, target: Path) -> None:
    """A whole copy, also while the collector writes. Raises CollectorError."""
    try:
        target.touch(mode=0o600, exist_ok=False)
        with closing(sqlite3.connect(target)) as copy, closing(sqlite3.connect(store.path)) as source:
            source.backup(copy)
    except FileExistsError:
        raise CollectorError(f"{target} exists; give a new name") from None
    except (OSError, sqlite3.Error) as error:
        raise CollectorError(f"no copy could be written to {target}: {error}") from None


def restore_backup(copy: Path, folder: Path) -> None:
    """Put a copy where no results are yet. Raises CollectorError, StateError."""
    target = folder / FILE
    if target.exists():
        raise CollectorError(f"{folder} holds results already; give another folder, or move them away first")
    if not _is_sound(copy):
        raise CollectorError(f"{copy} is no sound copy of a collector's results")
    StateFolder(folder).create()
    try:
        target.touch(mode=0o600)
        shutil.copyfile(copy, target)
    except OSError as error:
        raise CollectorError(f"{target} cannot be written: {error.strerror}") from None


def _is_sound(copy: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            whole = connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            return whole and bool(connection.execute("SELECT count(*) FROM items").fetchone())
    except sqlite3.Error:
        return False
