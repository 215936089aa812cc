"""Changes: of the ratio in mid-session, and of the rate inside one long flow."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from statistics import median
from typing import Final

from measurements.throttle.flow import SHORT, Flow, time_at, times_at
from measurements.throttle.pair import Pair
from measurements.throttle.thresholds import THRESHOLDS as T
from measurements.throttle.usable import use_of

# Where a long flow is looked at: finer than the smallest burst that matters beyond 64 kB.
GRID: Final = 16_000
# A change past this share of the cap leaves the pairs too few bytes behind it; past it they run that much further.
NEAR_CAP: Final = 0.5
BEYOND: Final = 256_000
# A rate after the change needs this long to be one: a policer refills and empties within it.
AFTER_SECONDS: Final = 1.0
# Flows of one line differ by a quarter and more.
FASTER: Final = 1.25


def cut_at(d: list[float]) -> int | None:
    """Index of the first pair after a change of level that crosses one half, or None.

    The two sides must not overlap and lie `cut_gap` apart: drift and single outliers do not do that.
    """
    for index in range(T.cut_side, len(d) - T.cut_side + 1):
        one, other = d[:index], d[index:]
        gap = max(min(one) - max(other), min(other) - max(one))
        if gap >= log(T.cut_gap) and (median(one) < log(T.half)) != (median(other) < log(T.half)):
            return index
    return None


@dataclass(frozen=True, slots=True)
class Slowdown:
    """A flow that went on more slowly after `at_bytes` (`at_seconds` from its first body byte)."""

    at_bytes: int
    at_seconds: float
    before: float  # bytes per second
    after: float


def slowdown(flow: Flow) -> Slowdown | None:
    """The knee of a flow whose later rate is below half its earlier one: the point furthest from the straight line."""
    size, end = flow.body_bytes, flow.times[-1] if flow.complete and flow.times else flow.elapsed
    if size < SHORT or end <= 0:
        return None
    grid = range(GRID, size + 1, GRID)
    times = times_at(flow, grid)
    knee, seconds = max(zip(grid, times, strict=True), key=lambda point: end * point[0] / size - point[1])
    rest = end - seconds
    if rest < AFTER_SECONDS or seconds <= 0:
        return None
    before, after = knee / seconds, (size - knee) / rest
    return Slowdown(knee, seconds, before, after) if after < T.half * before else None


def long_slowdown(pair: Pair) -> Slowdown | None:
    """The long target flow's knee, unless its control went as slowly past the same byte (PowerBoost, congestion)."""
    change = slowdown(pair.target)
    if change is None or pair.control.body_bytes <= change.at_bytes:
        return change
    control = pair.control
    end = control.times[-1] if control.complete else control.elapsed
    rest = max(end - time_at(control, change.at_bytes), 1e-3)
    theirs = (control.body_bytes - change.at_bytes) / rest
    return change if change.after < T.half * theirs else None


def needed_cap(change: Slowdown | None, cap: int, usual: float) -> int:
    """Where the next pairs should stop: at their usual `cap`, or 256 kB beyond a change of the long flow.

    What turns slow after seconds does so at other bytes in each flow: they are to last as long at the control's `usual`
    speed (bytes per second), and a quarter longer.
    """
    if change is None or change.at_bytes <= NEAR_CAP * cap:
        return cap
    last = FASTER * usual * change.at_seconds if change.at_seconds >= AFTER_SECONDS else 0.0
    return max(change.at_bytes, min(round(last), 2 * change.at_bytes)) + BEYOND


def lasted(flows: Sequence[Flow], change: Slowdown) -> bool:
    """Half of the flows and more ran for as long as the long flow was fast; shorter ones say nothing of it."""
    return 2 * sum(flow.elapsed >= change.at_seconds for flow in flows) >= len(flows)


def long_usable(pair: Pair) -> bool:
    """Both flows of the long pair are evidence of speed."""
    return use_of(pair.target) == "counts" and use_of(pair.control) == "counts"
