"""The two ways to hold a rate: a token bucket that drops, and a queue that delays. Pure; `now` is in seconds."""

# Half a byte: what the times, being floats, may be off.
_ROUNDING = 0.5


class TokenBucket:
    """Holds at most `burst` bytes, full at first, and fills at `rate` bits a second."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate / 8, burst
        self._tokens, self._last = float(burst), 0.0

    def take(self, now: float, size: int) -> bool:
        """Whether a packet of `size` bytes conforms; if so its tokens are gone."""
        self._tokens = min(self._burst, self._tokens + (now - self._last) * self._rate)
        self._last = now
        if self._tokens + _ROUNDING < size:
            return False
        self._tokens -= size
        return True


class Queue:
    """A drop-tail queue of `size` bytes before a link of `rate` bits a second."""

    def __init__(self, rate: float, size: int) -> None:
        self._rate, self._size = rate / 8, size
        self._free_at = 0.0  # when all that is queued has left

    def set_rate(self, rate: float) -> None:
        """Of packets that come from now on; those in the queue keep their time."""
        self._rate = rate / 8

    def admit(self, now: float, size: int) -> float | None:
        """When a packet of `size` bytes that came now has wholly left; None = it did not fit.

        One packet fits an empty queue whatever its size.
        """
        waiting = (self._free_at - now) * self._rate
        if waiting > 0 and waiting + size > self._size + _ROUNDING:
            return None
        self._free_at = max(self._free_at, now) + size / self._rate
        return self._free_at
