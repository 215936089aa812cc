"""The bytes that are served: one endless incompressible stream, always the same.

SHAKE-128 (FIPS 202) of a fixed text: uniform, the same on every helper and in every language, and any object is a
prefix of every longer one, so a client can compare the common prefix of two downloads of different length.
"""

import hashlib
from typing import Final

_SEED: Final = b"bytes that cannot be compressed, version 1"


def stream(length: int) -> bytes:
    """The first `length` bytes of the stream."""
    return hashlib.shake_128(_SEED).digest(length)
