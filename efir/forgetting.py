"""Removing what Efir keeps, and saying what no program can remove."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from efir.i18n import _
from measurements.spool_key import erase, key_elsewhere, key_file
from measurements.state import StateFolder, files_of


def cannot_remove() -> str:
    """What stays behind, whatever a program does."""
    return _(
        "What this cannot remove: your shell's history of commands, the installed program and the package manager's "
        "caches, backups and snapshots of this device, copies that flash memory keeps of deleted files, results "
        "already sent, and what your operator has recorded."
    )


def uninstall_command() -> str:
    """What removes the installed program: only the installer knows all of its files."""
    from efir.about import distribution

    return f"{sys.executable} -m pip uninstall {distribution()}"


@dataclass(frozen=True)
class Forgotten:
    """What came of it."""

    removed: int
    # Names of files that the system would not let go: Windows, while another efir has them open; a read-only folder.
    failed: list[str]
    foreign: int  # files in the folder that are not Efir's and stay

    def sentences(self, folder: StateFolder) -> list[str]:
        """The same for people, failures apart."""
        gone = _("{number} files of Efir's were removed from {folder}.")
        words = [gone.format(number=self.removed, folder=folder.root)]
        if self.foreign:
            words.append(_("Not Efir's, so they stay there: {number}.").format(number=self.foreign))
        return words


def all_files(folder: StateFolder) -> list[Path]:
    """Every file of ours that exists, the spool's key first, wherever it lies."""
    return [*key_elsewhere(folder), *folder.own_files()]


def files_of_results(folder: StateFolder) -> list[Path]:
    """The spool's alone, its key first."""
    return [*key_elsewhere(folder), *files_of(folder.key), *files_of(folder.spool)]


def forget(folder: StateFolder, files: Iterable[Path]) -> Forgotten:
    """Remove these files, keys overwritten before, and the folder if nothing else lies in it."""
    removed, failed = 0, []
    keys = (folder.key, key_file(folder.spool))
    for path in files:
        try:
            erase(path) if path in keys else path.unlink(missing_ok=True)
            removed += 1
        except OSError:
            failed.append(path.name)
    return Forgotten(removed, failed, _remove_folder(folder.root, failed))


def still_there(names: Iterable[str]) -> str:
    """What to do about files that could not be removed."""
    return _(
        "could not remove: {names}. Stop the other efir, or make the folder writable, then run efir wipe again"
    ).format(names=", ".join(names))


def _remove_folder(root: Path, failed: Iterable[str]) -> int:
    if not root.is_dir():
        return 0
    left = {each.name for each in root.iterdir()}
    if not left:
        root.rmdir()
    return len(left.difference(failed))
