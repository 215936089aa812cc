"""Signed targets files: an Ed25519 signature (RFC 8032) over the file's bytes, checked offline. Pure.

The signature lies beside the file as one line of base64. The public keys that count are packaged: nobody who writes
into the state folder, or stands on the way, can name another.
"""

import base64
import binascii
from collections.abc import Sequence
from importlib.resources import files
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from measurements.errors import ConfigurationError

# What is signed begins with this, so that a signature of a targets file is good for nothing else.
_PURPOSE: Final = b"efir targets 1\n"


class SignatureError(ConfigurationError):
    """The file is not signed by a key that counts; the text says why."""


def release_keys() -> tuple[str, ...]:
    """Public keys of releases, 64 hex digits each."""
    text = (files("measurements") / "data" / "release-keys.txt").read_text("utf-8")
    return tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


def signed_bytes(content: bytes) -> bytes:
    """What a signature of `content` is made over."""
    return _PURPOSE + content


def verify(content: bytes, signature: bytes, keys: Sequence[str]) -> None:
    """Raises SignatureError unless one of `keys` signed `content`."""
    if not keys:
        raise SignatureError("this build carries no release key, so no signature can be checked")
    try:
        raw = base64.b64decode(signature.strip(), validate=True)
    except binascii.Error:
        raise SignatureError("the signature is not base64") from None
    for key in keys:
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(raw, signed_bytes(content))
        except InvalidSignature:
            continue
        return
    raise SignatureError("no release key signed this file")
