"""The operator's private keys: one in use, older ones kept as long as invites sealed to them are about.

`keys.json` in the store's folder, readable by its owner only. Whoever has it can read every sealed batch that was
recorded on the way: keep its backup apart from the results, and see `docs/collector.md` for what to do when it got out.
"""

from base64 import b64decode, b64encode
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from measurements.errors import ConfigurationError
from measurements.sealing import key_id
from measurements.state import write_private

FILE: Final = "keys.json"


class KeysError(ConfigurationError):
    """The keys cannot be used; the text says why and what to do."""


class _File(msgspec.Struct, frozen=True):
    keys: tuple[str, ...]  # base64 of private keys, the one in use first


class Keys:
    """The private keys of one store folder; the first is the one for new invites."""

    def __init__(self, private: tuple[X25519PrivateKey, ...]) -> None:
        self._private = private
        self.by_id = {key_id(key.public_key()): key for key in private}

    @property
    def public(self) -> X25519PublicKey:
        return self._private[0].public_key()

    def rotated(self, keep_old: bool) -> "Keys":
        """With a new key in use; without `keep_old` batches to the old ones can no longer be read."""
        return Keys((X25519PrivateKey.generate(), *(self._private if keep_old else ())))

    def save(self, folder: Path) -> None:
        """Raises StateError."""
        texts = tuple(b64encode(key.private_bytes_raw()).decode() for key in self._private)
        write_private(folder / FILE, msgspec.json.encode(_File(texts)))


def load_keys(folder: Path) -> Keys:
    """Raises KeysError."""
    path = folder / FILE
    try:
        texts = msgspec.json.decode(path.read_bytes(), type=_File).keys
        private = tuple(X25519PrivateKey.from_private_bytes(b64decode(text)) for text in texts)
    except FileNotFoundError:
        raise KeysError(f"there is no key in {folder}; begin with an invite: efir collect invite") from None
    except (OSError, ValueError) as error:
        raise KeysError(f"{path} cannot be used ({error}); restore it from a backup") from None
    if not private:
        raise KeysError(f"{path} holds no key; restore it from a backup")
    return Keys(private)


def load_or_make_keys(folder: Path) -> Keys:
    """The folder's keys, a first one made if there is none. Raises KeysError, StateError."""
    if not (folder / FILE).exists():
        Keys((X25519PrivateKey.generate(),)).save(folder)
    return load_keys(folder)
