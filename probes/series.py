"""The course of one flow: how many body bytes had come when, kept short without losing what matters.

A read is kept when enough bytes came since the last one kept, and on both sides of every long wait, so that the ends of
the measuring window and each stall stay exact. Between kept reads a flow is as good as straight.
"""

import hashlib
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean, stdev
from typing import Final

# Kept points of an even flow; a stalling one adds two for each of at most _WAITS waits.
_STEPS: Final = 128
_WAITS: Final = 64
# Sizes at which the prefix is hashed: a flow of any length shares all but its last with its partner.
_HASHED: Final = tuple(4**power for power in range(5, 10))  # 1 kB to 256 kB

# Early end (research: 6 s, 64 kB, interval of the slope within 10 %).
_TIGHT_SECONDS: Final = 6.0
_TIGHT_BYTES: Final = 65_536
_TIGHT_ERROR: Final = 0.05  # standard error over the mean: a 95 % interval of about +-10 %
# of one second each, the last ones: longer than a small policer's gaps of 1-2 s together
_TIGHT_PARTS: Final = 4


@dataclass
class Series:
    """Course of one flow. Times are seconds since its first byte."""

    cap_bytes: int
    cap_seconds: float
    began: float | None = None  # clock at the first byte
    times: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    total: int = 0
    longest_gap: float = 0.0
    _last: float = 0.0  # time of the last read, kept or not

    def add(self, now: float, size: int) -> None:
        """`size` more bytes came at `now`."""
        wait = now - self._last
        waited = wait >= self.cap_seconds / _WAITS
        self.longest_gap = max(self.longest_gap, wait)
        if waited:
            self._keep()
        self.total += size
        self._last = now
        kept = self.sizes[-1] if self.sizes else 0
        if waited or not kept or self.total - kept >= self.cap_bytes / _STEPS:
            self._keep()

    def end(self, now: float) -> None:
        """The flow is over; the last read is always kept."""
        self._keep()
        if self.total:
            self.longest_gap = max(self.longest_gap, now - self._last)

    def quiet(self, now: float) -> float:
        """Seconds since the last byte."""
        return now - self._last

    def tight(self, now: float) -> bool:
        """The rate of the last seconds is known well enough to stop."""
        if now < _TIGHT_SECONDS or self.total < _TIGHT_BYTES:
            return False
        marks = [self._bytes_at(now - part) for part in range(_TIGHT_PARTS, -1, -1)]
        rates = [later - earlier for earlier, later in pairwise(marks)]
        mean = fmean(rates)
        return mean > 0 and stdev(rates) / len(rates) ** 0.5 <= _TIGHT_ERROR * mean

    def _bytes_at(self, when: float) -> float:
        """Linear between kept reads."""
        times, sizes = [*self.times, self._last], [*self.sizes, self.total]
        index = bisect_left(times, when)
        if index >= len(times):
            return self.total
        if index == 0:
            return sizes[0]
        (t0, t1), (b0, b1) = times[index - 1 : index + 1], sizes[index - 1 : index + 1]
        return b0 + (b1 - b0) * (when - t0) / (t1 - t0) if t1 > t0 else b1

    def _keep(self) -> None:
        """Keep the last read, once."""
        if self.total > (self.sizes[-1] if self.sizes else 0):
            self.times.append(round(self._last, 6))
            self.sizes.append(self.total)


class Prefixes:
    """SHA-256 of the first 1, 4, 16, 64 and 256 kB of a body, however its reads fall."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []
        self._hash = hashlib.sha256()
        self._hashed = 0

    def add(self, data: bytes) -> None:
        """The next bytes of the body."""
        while data and len(self.found) < len(_HASHED):
            wanted = _HASHED[len(self.found)] - self._hashed
            piece, data = data[:wanted], data[wanted:]
            self._hash.update(piece)
            self._hashed += len(piece)
            if len(piece) == wanted:
                self.found.append((self._hashed, self._hash.copy().hexdigest()))
