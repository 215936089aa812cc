"""The physics of the line: queue, rate, fading, other people's packets, loss, outages, delay and jitter. Pure.

`now` is an argument everywhere: seconds of any monotonic clock that starts when the scenario is loaded.
"""

import math
import random

from lab.buckets import Queue
from lab.scenario import CrossTraffic, Fading, Link
from lab.windows import WindowClock

# Other people's packets are of the size that bulk traffic has.
_CROSS_PACKET = 1500

# A queue forgets: after an idle time of this many of its own drain times what came before no longer matters.
_MEMORY_DRAINS = 4.0

# The radio's rate is drawn anew ten times within its correlation time: finer steps look the same to a transfer.
_FADING_STEPS = 10


class FadingRate:
    """A factor on the rate that wanders as a radio link does: exp of a first-order autoregressive Gaussian."""

    def __init__(self, fading: Fading, rng: random.Random) -> None:
        self._rng = rng
        self._step = fading.correlation / _FADING_STEPS
        self._keep = math.exp(-1 / _FADING_STEPS)
        self._draw_sd = fading.log_sd * math.sqrt(1 - self._keep**2)
        self._level = rng.gauss(0, fading.log_sd)
        self._next = self._step

    def factor(self, now: float) -> float:
        # After many steps the level has forgotten where it was
        self._next = max(self._next, now - 50 * self._step)
        while now >= self._next:
            self._level = self._keep * self._level + self._rng.gauss(0, self._draw_sd)
            self._next += self._step
        return math.exp(self._level)


class Gate:
    """The access link in one direction: a drop-tail queue before a rate."""

    def __init__(
        self,
        rate: float,
        queue: int,
        *,
        cross_rate: float = 0.0,
        cross_window: WindowClock | None = None,
        fading: FadingRate | None = None,
        rng: random.Random,
    ) -> None:
        self._rate, self._size = rate, queue
        self._queue = Queue(rate, queue)
        self._fading, self._rng = fading, rng
        self._cross_per_second = cross_rate / 8 / _CROSS_PACKET
        self._cross_window = cross_window
        self._next_cross = 0.0

    def admit(self, now: float, size: int) -> float | None:
        """When a packet of `size` bytes that came now has wholly left the link; None = the queue is full."""
        if self._fading:
            self._queue.set_rate(self._rate * self._fading.factor(now))
        if self._cross_per_second:
            self._let_others_in(now)
        return self._queue.admit(now, size)

    def _let_others_in(self, now: float) -> None:
        self._next_cross = max(self._next_cross, now - _MEMORY_DRAINS * self._size * 8 / self._rate)
        while self._next_cross <= now:
            if self._cross_window is None or self._cross_window.open(self._next_cross):
                self._queue.admit(self._next_cross, _CROSS_PACKET)
            self._next_cross += self._rng.expovariate(self._cross_per_second)


class DelayLine:
    """Propagation: when a packet that enters now comes out at the far end."""

    def __init__(self, delay: float, jitter: float, in_order: bool, rng: random.Random) -> None:
        self.delay, self._jitter, self._in_order, self._rng = delay, jitter, in_order, rng
        self._last = 0.0

    def arrival(self, now: float, share: float = 1.0) -> float:
        """`share` of the way is still ahead of the packet. Order holds among packets that cross the whole of it."""
        at = now + self.delay * share
        if self._jitter:
            at += abs(self._rng.gauss(0, self._jitter))
        if self._in_order and share == 1.0:
            at = self._last = max(at, self._last)
        return at


class Losses:
    """Packets that the line loses by itself, in one direction."""

    def __init__(self, share: float, outages: WindowClock | None, rng: random.Random) -> None:
        self._share, self._outages, self._rng = share, outages, rng

    @property
    def possible(self) -> bool:
        return bool(self._share) or self._outages is not None

    def lost(self, now: float) -> bool:
        if self._outages is not None and self._outages.open(now):
            return True
        return self._rng.random() < self._share


def gate(link: Link, up: bool, epoch: float, rng: random.Random) -> Gate | None:
    """The access link of `link` in one direction; None where its rate has no limit."""
    rate = link.rate_up if up else link.rate_down
    if rate is None:
        return None
    cross = link.cross_traffic or CrossTraffic()
    return Gate(
        rate,
        link.queue,
        cross_rate=cross.up if up else cross.down,
        cross_window=WindowClock(cross.window, epoch),
        fading=FadingRate(link.fading, rng) if link.fading else None,
        rng=rng,
    )
