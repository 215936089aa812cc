"""Identifiers that a client can make on its own: UUID version 7 (RFC 9562, section 5.7)."""

import uuid
from collections.abc import Callable


def uuid7(now: float, random_bytes: Callable[[int], bytes]) -> str:
    """A UUIDv7 for the wall clock `now` (Unix seconds); sorts by time.

    `random_bytes(n)` returns n random bytes (`os.urandom`, or a seeded source in tests).
    """
    milliseconds = int(now * 1000) & (1 << 48) - 1
    value = milliseconds << 80 | int.from_bytes(random_bytes(10), "big")
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    return str(uuid.UUID(int=value))
