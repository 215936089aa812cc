"""The state folder: everything that Efir keeps lies in it (`--state`), so that `efir wipe` can name each file."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from measurements.errors import ConfigurationError


class StateError(ConfigurationError):
    """The state folder cannot be used; the text says why and what to do."""


@dataclass(frozen=True)
class StateFolder:
    """Paths of all that Efir keeps; nothing is created before `create`."""

    root: Path

    @property
    def spool(self) -> Path:
        """Observations, verdicts and rounds (`measurements.store`)."""
        return self.root / "spool.sqlite3"

    @property
    def key(self) -> Path:
        """What opens the spool (`measurements.spool_key`), unless the person keeps it elsewhere."""
        return self.root / "spool.key"

    @property
    def consent(self) -> Path:
        """What the person agreed to (`vantage.consent`)."""
        return self.root / "consent.json"

    @property
    def identity(self) -> Path:
        """Salt and pseudonyms (`measurements.identity`)."""
        return self.root / "identity.json"

    @property
    def invite(self) -> Path:
        """The invite that was taken: collector, key and token (`measurements.invite`)."""
        return self.root / "invite.json"

    @property
    def line(self) -> Path:
        """What the person said of the line: plan, tethering (`vantage.line`)."""
        return self.root / "line.json"

    @property
    def paused(self) -> Path:
        """Lies here while the person wants nothing to be measured."""
        return self.root / "paused"

    @property
    def targets(self) -> Path:
        """A newer signed `targets.yaml`, once one was fetched."""
        return self.root / "targets.yaml"

    @property
    def targets_signature(self) -> Path:
        """Its signature; without a good one it is refused."""
        return self.root / "targets.yaml.sig"

    def create(self) -> None:
        """Make the folder, for its owner only. Raises StateError."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StateError(
                f"the state folder {self.root} cannot be made ({error.strerror}); give another with --state DIR"
            ) from None

    def own_files(self) -> Iterator[Path]:
        """Every file of ours that exists, also what an interrupted write or SQLite left beside them; the key first."""
        for path in (
            self.key,
            self.spool,
            self.consent,
            self.identity,
            self.invite,
            self.line,
            self.paused,
            self.targets,
            self.targets_signature,
        ):
            yield from files_of(path)


def files_of(path: Path) -> Iterator[Path]:
    """A file of ours, and what an interrupted write or SQLite left beside it; only what exists. We make no folders."""
    for suffix in ("", "-wal", "-shm", "-journal", ".new", ".lock"):
        candidate = path.with_name(path.name + suffix)
        if candidate.exists() and not candidate.is_dir():
            yield candidate


def write_private(path: Path, content: bytes) -> None:
    """Replace `path` whole or not at all, readable by its owner only, on disk before returning. Raises StateError."""
    new = path.with_name(path.name + ".new")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise StateError(f"{path} cannot be written ({error.strerror}); nothing was changed") from None


def sync_folder(folder: Path) -> None:
    """Let renames in it outlast a power loss; Windows opens no folders and needs none of this. Raises OSError."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
