"""Bodies that cannot be compressed and are the same each time."""

import hashlib
from functools import lru_cache
from typing import Final

# Longer than any compressor's window of ours (deflate: 32 kB), so that repeating the pool stays incompressible.
_POOL_BYTES: Final = 1 << 20


@lru_cache(maxsize=64)
def _pool(name: str) -> bytes:
    return hashlib.shake_128(name.encode()).digest(_POOL_BYTES)


def incompressible(name: str, size: int) -> bytes:
    """`size` bytes that depend on `name` alone; a shorter one is a prefix of a longer one."""
    pool = _pool(name)
    return (pool * (size // _POOL_BYTES + 1))[:size]
