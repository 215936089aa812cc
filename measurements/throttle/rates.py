"""How fast one flow moved once it had settled, how much came before, and how much of its time was waiting.

The rate is a Theil-Sen slope (Sen 1968) of bytes over time; the burst is the empirical arrival envelope above that line
(ShaperProbe, IMC 2011, section 3). Seconds, body bytes, bytes per second.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final

from measurements.throttle.change import Slowdown
from measurements.throttle.flow import SHORT, Flow, goodput

# Slow start, and the bytes of the burst, are over by then.
SETTLE_SECONDS: Final = 1.0
SETTLE_ROUND_TRIPS: Final = 5
# Fewer reads are steps, not a slope.
MIN_POINTS: Final = 5
# Two edges are one step.
MIN_EDGES: Final = 3
# The slope of 60 points is that of 6,000.
SAMPLES: Final = 60
# A flow waits for nothing but its queue: three times the path's own round trip, or 200 ms more.
QUEUE_FACTOR: Final = 3.0
QUEUE_SECONDS: Final = 0.2


def settled_rate(flow: Flow, turn: Slowdown | None = None) -> float | None:
    """Theil-Sen slope of body bytes over time after slow start and burst; None for a flow too short to have settled.

    What a bucket lets through comes in steps, with waits in between. Where there are enough of these, the slope is
    that of the steps' upper edges, when the bucket was empty. What a queue lets through has no pauses: a wait there is
    ours, for a segment that was lost, and the rate is that between the waits. A flow that ends within a second or two
    after its knee has only the mean rate beyond it.
    """
    rounds = SETTLE_ROUND_TRIPS * (flow.min_rtt or flow.connect or 0.0)
    start = max(SETTLE_SECONDS, rounds)
    edges = _upper_edges(flow, turn.at_bytes if turn else 0)
    if len(edges) >= MIN_EDGES and edges[-1][0] - edges[0][0] >= SETTLE_SECONDS:
        return _theil_sen(edges)
    if edges and queues(flow):
        steady = _between_waits(flow, turn.at_seconds if turn else rounds)
        if len(steady) >= MIN_POINTS and steady[-1][0] - steady[0][0] >= SETTLE_SECONDS:
            return _theil_sen(steady)
    if turn:
        start = max(start, turn.at_seconds)
    end = flow.ended
    reads = len(flow.times) - bisect_left(flow.times, start)
    if reads < MIN_POINTS or end - start < SETTLE_SECONDS:
        return turn.after if turn else None
    # Bytes come in steps. Sampled at the reads, a course that begins below a step and ends on one looks too steep.
    times = [start + (end - start) * i / (SAMPLES - 1) for i in range(SAMPLES)]
    points = [(time, flow.sizes[max(bisect_right(flow.times, time) - 1, 0)]) for time in times]
    return _theil_sen(points)


def brief_rate(flow: Flow) -> float | None:
    """Goodput of a flow that was over before it could settle: half a megabyte under a cap of some Mbit/s."""
    return goodput(flow) if flow.complete and flow.body_bytes >= SHORT else None


def _theil_sen(points: Sequence[tuple[float, int]]) -> float:
    return median((b1 - b0) / (t1 - t0) for i, (t0, b0) in enumerate(points) for t1, b1 in points[i + 1 :])


def _upper_edges(flow: Flow, start: int) -> list[tuple[float, int]]:
    """Seconds and bytes before each long wait of the flow, once `start` bytes had come."""
    points, limit = [*zip(flow.times, flow.sizes, strict=True)], _long_wait(flow)
    waits = pairwise([*points, (flow.ended, flow.body_bytes)])
    return [one for one, then in waits if one[1] >= start and then[0] - one[0] > limit]


def _between_waits(flow: Flow, start: float) -> Sequence[tuple[float, int]]:
    """Seconds and bytes of the longest part of the flow, from `start` on, without a long wait."""
    points = [*zip(flow.times, flow.sizes, strict=True)][bisect_left(flow.times, start) :]
    limit = _long_wait(flow)
    ends = [i for i, (one, then) in enumerate(pairwise(points), 1) if then[0] - one[0] > limit]
    parts = [points[first:last] for first, last in pairwise([0, *ends, len(points)])]
    return max(parts, key=lambda part: part[-1][0] - part[0][0] if part else 0.0)


def longer(time: float, usual: float) -> bool:
    """A round trip, or a wait for an answer, is longer than usual by a queue."""
    return time > max(QUEUE_FACTOR * usual, usual + QUEUE_SECONDS)


def queues(flow: Flow) -> bool | None:
    """Round trips grow inside the flow; None = not measured on this system."""
    return None if flow.rtt is None or flow.min_rtt is None else longer(flow.rtt, flow.min_rtt)


def _long_wait(flow: Flow) -> float:
    """Seconds: beyond them a flow does not only wait for its next round trip."""
    return max(0.2, 4 * (flow.min_rtt or flow.connect or 0.0))


def burst(flow: Flow, rate: float) -> float:
    """Largest excess of received bytes over `rate`: max of B(t) - B(s) - rate (t - s), from the handshake on."""
    series = [(-(flow.first_byte or 0.0), -flow.handshake_bytes), *zip(flow.times, flow.sizes, strict=True)]
    lowest, excess = float("inf"), 0.0
    for time, size in series:
        lowest = min(lowest, size - rate * time)
        excess = max(excess, size - rate * time - lowest)
    return excess


def gap_share(flow: Flow) -> float:
    """Share of the flow's time spent in gaps longer than 200 ms and four round trips."""
    limit = _long_wait(flow)
    waits = sum(later - earlier for earlier, later in pairwise(flow.times) if later - earlier > limit)
    return waits / flow.times[-1] if flow.times and flow.times[-1] > 0 else 0.0
