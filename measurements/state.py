"""The state folder: which files there are, and the pseudonym that stands for this device in records.

Everything that Efir keeps lies in one folder (`--state`), so that `efir wipe` can name each file. The pseudonym is 128
random bits for each network the device is used on, and a new one every 30 days: two months, or home and work, cannot be
joined. The network itself is kept only as a keyed hash, to know it again.
"""

import hashlib
import hmac
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from measurements.errors import ConfigurationError

# DESIGN section 2, rule 3: long enough for a month's comparison on one line, short enough to forget.
ROTATE_AFTER: Final = 30 * 86_400.0  # seconds


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
        """Salt and pseudonyms."""
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


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose network this is, as the collector said to whom results came from it; a device does not ask anybody."""

    asn: int | None = None
    country: str | None = None  # ISO 3166, two letters


def sync_folder(folder: Path) -> None:
    """Let renames in it outlast a power loss; Windows opens no folders and needs none of this. Raises OSError."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class _Pseudonym(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str  # 32 hex digits
    since: float  # Unix seconds
    place: Place = Place()


class _Identity(msgspec.Struct, frozen=True):
    salt: str
    networks: dict[str, _Pseudonym] = {}


def _key(identity: _Identity, network: bytes) -> str:
    return hmac.new(bytes.fromhex(identity.salt), network, hashlib.sha256).hexdigest()


def pseudonym(
    folder: StateFolder, network: bytes, now: float, random_bytes: Callable[[int], bytes] = os.urandom
) -> str:
    """32 hex digits that stand for this device on this network until 30 days have passed.

    `network` is anything that tells this network from others (`vantage.network`); only its keyed hash is stored.
    `now` is in Unix seconds. A clock set back by more than 30 days counts as time passed. Raises StateError.
    """
    identity = _read(folder.identity)
    if identity is None:
        identity = _Identity(salt=random_bytes(32).hex())
    key = _key(identity, network)
    fresh = {name: each for name, each in identity.networks.items() if abs(now - each.since) < ROTATE_AFTER}
    if key not in fresh:
        folder.create()
        place = identity.networks[key].place if key in identity.networks else Place()
        fresh[key] = _Pseudonym(random_bytes(16).hex(), now, place)
        write_private(folder.identity, msgspec.json.encode(_Identity(identity.salt, fresh)))
    return fresh[key].id


def place_of(folder: StateFolder, network: bytes) -> Place:
    """What is known of the network that the device is on now. Raises StateError."""
    identity = _read(folder.identity)
    known = identity.networks.get(_key(identity, network)) if identity else None
    return known.place if known else Place()


def learn_place(folder: StateFolder, pseudonym: str, place: Place) -> None:
    """Keep what the collector said of the network that this pseudonym is for. Raises StateError."""
    identity = _read(folder.identity)
    if identity is None:
        return
    networks = {
        key: msgspec.structs.replace(each, place=place) if each.id == pseudonym else each
        for key, each in identity.networks.items()
    }
    if networks != identity.networks:
        write_private(folder.identity, msgspec.json.encode(_Identity(identity.salt, networks)))


def _read(path: Path) -> _Identity | None:
    try:
        identity = msgspec.json.decode(path.read_bytes(), type=_Identity)
        bytes.fromhex(identity.salt)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError(
            f"{path} cannot be read ({error.strerror}); give another folder with --state"
        ) from None
    except ValueError:  # msgspec's errors are ValueErrors too; a new identity is always safe
        return None
    return identity
