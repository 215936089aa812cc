"""How many probes run at once, and whether the event loop kept time meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

T = TypeVar("T")

# More than about 16 probes at once make Python's own clocks late by milliseconds (measured: 50 in flight, p95 10 ms).
SLOTS = 16
# A probe that has waited this long is no timing probe any more: it frees its slot and goes on waiting.
SLOT_SECONDS = 2.0
# A DNS probe waits a second for late answers: its slot goes on as soon as an answer can have come, so that names are
# asked at a steady pace (about a hundred a second) and none waits for another's silence.
DNS_SLOT_SECONDS = 0.15
# Beyond this, handshake times are flagged as unreliable (DESIGN section 5). Reachability is not.
LAG_LIMIT = 0.020
_TICK = 0.05  # seconds from one look at the loop to the next


class Slots:
    """At most `slots` probes in flight; one that waits longer than `slot_seconds` hands its slot on."""

    def __init__(self, slots: int = SLOTS, slot_seconds: float = SLOT_SECONDS) -> None:
        self._free = asyncio.Semaphore(slots)
        self._slot_seconds = slot_seconds

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Result of `work()`; cancelling this cancels it."""
        async with self._free:
            task = asyncio.ensure_future(work())
            try:
                await asyncio.wait({task}, timeout=self._slot_seconds)
            except asyncio.CancelledError:
                await _stop(task)
                raise
        try:
            return await task
        except asyncio.CancelledError:
            await _stop(task)
            raise


async def _stop(task: "asyncio.Future[T]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class LagMeter:
    """Longest delay of the event loop, by a timer that should fire every 50 ms."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._samples: list[tuple[float, float]] = []  # (when, lag)

    def between(self, start: float, end: float) -> float:
        """Longest lag in seconds seen from `start` to `end` (same clock), 0.0 if none was seen."""
        return max((lag for when, lag in self._samples if start <= when <= end + _TICK), default=0.0)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["LagMeter"]:
        task = asyncio.ensure_future(self._tick())
        try:
            yield self
        finally:
            await _stop(task)

    async def _tick(self) -> None:
        while True:
            start = self._clock()
            await asyncio.sleep(_TICK)
            now = self._clock()
            lag = now - start - _TICK
            if lag > LAG_LIMIT / 4:
                self._samples.append((now, lag))
