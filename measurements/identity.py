"""The pseudonym that stands for this device in records, and what the collector said of the network it is on.

128 random bits for each network the device is used on, and new ones every 30 days: two months, or home and work, cannot
be joined. The network itself is kept only as a keyed hash, to know it again.
"""

import hashlib
import hmac
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from measurements.state import StateError, StateFolder, write_private

# DESIGN section 2, rule 3: long enough for a month's comparison on one line, short enough to forget.
ROTATE_AFTER: Final = 30 * 86_400.0  # seconds


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose network this is, as the collector said to whom results came from it; a device does not ask anybody."""

    asn: int | None = None
    country: str | None = None  # ISO 3166, two letters


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
