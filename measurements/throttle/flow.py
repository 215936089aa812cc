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
# A full segment of TCP over IPv4.
PACKET = 1448
# Kernel timestamps of reads are no finer than a scheduler tick; nothing is ever faster than its bytes over this.
TICK = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One download. `None` = not known, or the phase did not complete."""

    role: Literal["target", "control"]
    started: float = 0.0  # seconds since the session began
    times: tuple[float, ...] = ()
    sizes: tuple[int, ...] = ()
    # seconds from the first body byte (without one: from the connect) to the end, stall included
    elapsed: float = 0.0
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
    # share of data segments that came out of order or again: loss before us
    out_of_order: float | None = None
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
    def ended(self) -> float:
        """Seconds after the first body byte at which it was over: the last byte, or the deadline."""
        return self.times[-1] if self.complete and self.times else self.elapsed

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


def size_at(flow: Flow, time: float) -> float:
    """Body bytes by then, linear between reads as in `time_at`."""
    index = bisect_right(flow.times, time)
    if index == 0 or index == len(flow.times):
        return flow.sizes[index - 1] if index else 0
    (t0, t1), (b0, b1) = flow.times[index - 1 : index + 1], flow.sizes[index - 1 : index + 1]
    return b0 + (b1 - b0) * (time - t0) / (t1 - t0)


def window_goodput(flow: Flow, end: int) -> float:
    """Goodput over the second half of the window [32 kB, `end`] of 32 kB or more; `flow` has reached `end`."""
    middle = (WINDOW_START + end) / 2
    # A flow that froze inside its window waited for its next byte until the end: the wait belongs to its last byte.
    reached = flow.elapsed if flow.stalled and end >= flow.body_bytes else time_at(flow, end)
    seconds = reached - time_at(flow, middle)
    reads = bisect_right(flow.sizes, end) - bisect_right(flow.sizes, middle)
    # All of it came in the first read or two: the clock would measure our own reading, not the line. Then the wait for
    # the first byte is part of the time, which can only make a flow look slower than it was.
    if reads < 2:
        seconds = max(seconds, (time_at(flow, end) + (flow.first_byte or 0.0)) * (end - middle) / end)
    return (end - middle) / max(seconds, TICK)


def whole_goodput(flow: Flow) -> float:
    """Bytes over elapsed time: for a flow without a window. It is censored low, or its object is small."""
    seconds = flow.ended
    if flow.complete and len(flow.sizes) < 2:  # read in one go: see window_goodput
        seconds += flow.first_byte or 0.0
    return flow.received / max(seconds, TICK)


def goodputs(target: Flow, control: Flow) -> tuple[float, float]:
    """Goodput of both flows of a pair over their common window (DESIGN section 7).

    Where one flow never reached 64 kB there is no common window: it counts its bytes over its elapsed time, its partner
    its own window.
    """
    common = min(target.body_bytes, control.body_bytes)
    return _goodput(target, common), _goodput(control, common)


def _goodput(flow: Flow, common: int) -> float:
    if flow.body_bytes < SHORT:
        return whole_goodput(flow)
    return window_goodput(flow, common if common >= SHORT else flow.body_bytes)


def goodput(flow: Flow) -> float:
    """Goodput of a flow that has no partner, over its own window."""
    return _goodput(flow, flow.body_bytes)


@dataclass(frozen=True, slots=True)
class Mark:
    """A point that a flow has passed once it is past both: a rule counts either."""

    at_bytes: float
    at_seconds: float

    def passed(self, flow: Flow) -> float | None:
        """Seconds after the first body byte at which the flow passed it; None = it did not.

        A flow old enough but short of the bytes may be one that a rule of seconds has slowed: its age is enough.
        """
        reached = time_at(flow, self.at_bytes) if flow.body_bytes >= self.at_bytes else 0.0
        passed = max(self.at_seconds, reached)
        return passed if 0 < passed < flow.ended else None


def goodput_past(flow: Flow, mark: Mark) -> float:
    """Goodput from the mark to the flow's end; of all of it where the mark was not passed.

    Less than a packet in that time cannot be told from none.
    """
    start = mark.passed(flow)
    if start is None:
        return whole_goodput(flow)
    return max(flow.body_bytes - size_at(flow, start), PACKET) / max(flow.ended - start, TICK)


def longest_gap(flow: Flow) -> float:
    """Seconds of the longest wait for a byte, the end of the flow included."""
    gaps = [later - earlier for earlier, later in pairwise(flow.times)]
    if flow.times and not flow.complete:
        gaps.append(flow.elapsed - flow.times[-1])
    return max(gaps, default=flow.elapsed)
