"""Facts of one transfer flow, and how fast it was.

Times are seconds, sizes bytes, rates bytes per second. `times`/`sizes` is the series of reads: `sizes[i]` body bytes
had come in `times[i]` seconds after the first body byte.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from measurements.failures import Stage

Arm = Literal["helper", "same_address", "foreign"]
ARMS: tuple[Arm, ...] = ("helper", "same_address", "foreign")

# Slow start and small buckets hide the rate in the first bytes (research: bursts of 8-32 kB are usual).
WINDOW_START = 32_000
# The shortest window: the second half of a shorter one would be no longer than slow start's last flight.
WINDOW = 32_000
# Flows that never come so far have no window.
SHORT = WINDOW_START + WINDOW
# Kernel timestamps of reads are no finer than a scheduler tick; nothing is ever faster than its bytes over this.
TICK = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One download. `None` = not known, or the phase did not complete."""

    role: Literal["target", "control"]
    started: float = 0.0  # seconds since the session began
    times: tuple[float, ...] = ()
    sizes: tuple[int, ...] = ()
    elapsed: float = (
        0.0  # seconds from the first body byte (without one: from the connect) to the end, stall included
    )
    cap_bytes: int | None = None  # where the reader would have stopped
    complete: bool = False  # the cap or the object's end was reached
    stalled: bool = False  # ended by the deadline with no progress in its last part
    stage: Stage | None = None  # where it failed
    failure: str | None = None  # word of measurements.failures
    flags: tuple[str, ...] = ()  # network_changed | suspended | lag ...: measured wrongly
    status: int | None = None
    length: int | None = None  # Content-Length as announced
    prefixes: tuple[tuple[int, str], ...] = ()  # (bytes, SHA-256 of so many first bytes), ascending
    certificate_valid: bool | None = None  # None: the handshake did not get that far
    handshake_bytes: int = 0  # bytes that came from the server during the handshake
    connect: float | None = None  # seconds; the SYN's round trip
    handshake: float | None = None  # seconds, ClientHello to the end of the handshake
    first_byte: float | None = None  # seconds from the request to the answer
    rtt: float | None = None  # seconds inside the flow, by TCP_INFO
    min_rtt: float | None = None
    out_of_order: float | None = (
        None  # share of data segments that came out of order or again: loss before us
    )
    retransmitted: float | None = None  # share of bytes the sender (our helper) sent again
    resent: int | None = None  # segments that we had to send again: our ClientHello, our request
    repeated: float | None = None  # segments that came in addition to what a full one each would take
    address: str | None = None
    family: int | None = None
    sni: str | None = None
    network: str | None = None  # salted hash of the local network

    @property
    def body_bytes(self) -> int:
        """Body bytes received."""
        return self.sizes[-1] if self.sizes else 0

    @property
    def received(self) -> int:
        """Bytes the peer got through to us, the handshake's where there was no body."""
        return self.body_bytes or self.handshake_bytes

    @property
    def handshake_seconds(self) -> float | None:
        """Handshake time; for a handshake that ran into its deadline the time waited (censored low)."""
        if self.handshake is None and self.stage == "tls":
            return self.elapsed or None
        return self.handshake


def time_at(flow: Flow, size: float) -> float:
    """Seconds after the first body byte at which `size` bytes had come, linear between reads.

    A read that brings many bytes at once is spread over the gap before it: bytes that waited in the kernel's buffer did
    not come in an instant.
    """
    return _time_before(flow, bisect_left(flow.sizes, size), size)


def times_at(flow: Flow, ascending: Iterable[float]) -> list[float]:
    """`time_at` of many sizes, in one walk along the flow."""
    sizes, index, found = flow.sizes, 0, []
    for size in ascending:
        while index < len(sizes) and sizes[index] < size:
            index += 1
        found.append(_time_before(flow, index, size))
    return found


def _time_before(flow: Flow, index: int, size: float) -> float:
    """When `size` bytes had come, of which the read `index` was the first to have as many."""
    times, sizes = flow.times, flow.sizes
    if index >= len(sizes):
        return times[-1]
    if index == 0:
        return times[0]
    t0, b0 = times[index - 1], sizes[index - 1]
    return t0 + (times[index] - t0) * (size - b0) / (sizes[index] - b0)


def window_goodput(flow: Flow, end: int, start: int = WINDOW_START) -> float:
    """Goodput over the second half of the window [`start`, `end`] of 32 kB or more; `flow` has reached `end`."""
    middle = (start + end) / 2
    # A flow that froze inside its window waited for its next byte until the end: the wait belongs to its last byte.
    reached = flow.elapsed if flow.stalled and end >= flow.body_bytes else time_at(flow, end)
    seconds = reached - time_at(flow, middle)
    reads = bisect_right(flow.sizes, end) - bisect_right(flow.sizes, middle)
    # All of it came in the first read or two: the clock would measure our own reading, not the line. Then the wait for
    # the first byte is part of the time, which can only make a flow look slower than it was.
    if reads < 2:
        seconds = max(seconds, (time_at(flow, end) + (flow.first_byte or 0.0)) * (end - middle) / end)
    return (end - middle) / max(seconds, TICK)


def whole_goodput(flow: Flow, start: int = 0) -> float:
    """Bytes over elapsed time, both from `start` on where the flow came so far: for one without a window.

    Such a flow is censored low, or its object is small.
    """
    if 0 < start < flow.body_bytes and not flow.complete:
        return (flow.body_bytes - start) / max(flow.elapsed - time_at(flow, start), TICK)
    seconds = flow.times[-1] if flow.complete and flow.times else flow.elapsed
    if flow.complete and len(flow.sizes) < 2:  # read in one go: see window_goodput
        seconds += flow.first_byte or 0.0
    return flow.received / max(seconds, TICK)


def goodputs(target: Flow, control: Flow, start: int = WINDOW_START) -> tuple[float, float]:
    """Goodput of both flows of a pair over their common window from `start` on (DESIGN section 7).

    Where one flow never came 32 kB past `start` there is no common window: it counts its bytes over its elapsed time,
    its partner its own window.
    """
    common = min(target.body_bytes, control.body_bytes)
    return _goodput(target, common, start), _goodput(control, common, start)


def _goodput(flow: Flow, common: int, start: int) -> float:
    least = start + WINDOW
    if flow.body_bytes < least:
        return whole_goodput(flow, start if start > WINDOW_START else 0)
    return window_goodput(flow, common if common >= least else flow.body_bytes, start)


def goodput(flow: Flow) -> float:
    """Goodput of a flow that has no partner, over its own window."""
    return _goodput(flow, flow.body_bytes, WINDOW_START)


def longest_gap(flow: Flow) -> float:
    """Seconds of the longest wait for a byte, the end of the flow included."""
    gaps = [later - earlier for earlier, later in pairwise(flow.times)]
    if flow.times and not flow.complete:
        gaps.append(flow.elapsed - flow.times[-1])
    return max(gaps, default=flow.elapsed)
