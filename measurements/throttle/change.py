"""Changes: of the ratio in mid-session, and of the rate inside one long flow."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from statistics import median
from typing import Final

from measurements.throttle.flow import SHORT, WINDOW_START, Flow, Mark, time_at, times_at
from measurements.throttle.pair import Pair, asked_past
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
SLOWER: Final = 1.25
FASTEST: Final = 2.0
# A late change may be one of seconds from here on: a line of 3 Mbit/s and more has emptied a bucket of 1 MB by then.
BY_SECONDS: Final = 2.5
# Seconds that a flow must last past a change to say what came after it.
LASTING: Final = AFTER_SECONDS / 2


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
    size, end = flow.body_bytes, flow.ended
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


def knee(pair: Pair) -> Slowdown | None:
    """The target's knee, where what came before it came as fast as in the control.

    Else the flow was slow from its first byte on, and waited at its end for lost segments.
    """
    turn = slowdown(pair.target)
    if turn is None:
        return None
    size = min(turn.at_bytes, pair.control.body_bytes)
    fast = not size or turn.before * time_at(pair.control, size) >= T.half * size
    return turn if fast else None


def long_slowdown(pair: Pair) -> Slowdown | None:
    """The long target flow's knee, unless its control went as slowly past the same byte (PowerBoost, congestion)."""
    change = slowdown(pair.target)
    if change is None or pair.control.body_bytes <= change.at_bytes:
        return change
    control = pair.control
    rest = max(control.ended - time_at(control, change.at_bytes), 1e-3)
    theirs = (control.body_bytes - change.at_bytes) / rest
    return change if change.after < T.half * theirs else None


def mark_of(change: Slowdown) -> Mark:
    """From where on pairs show what the long flow showed.

    Whether it was slowed after so many bytes or after so many seconds, one flow does not tell; what is past both is
    slowed by either.
    """
    by_seconds = change.at_seconds >= BY_SECONDS
    return Mark(max(change.at_bytes, WINDOW_START), change.at_seconds if by_seconds else 0.0)


@dataclass(frozen=True, slots=True)
class Ends:
    """Where flows that go past a change end: at `cap_bytes`, or at `least_bytes` where no more may be spent."""

    least_bytes: int
    cap_bytes: int
    seconds: float


def needed(change: Slowdown | None, cap: int, usual: float, seconds: float) -> Ends | None:
    """Where pairs past a change end; None where the usual `cap` goes past it. Flows of bytes have `seconds` for it.

    What turns slow after seconds does so at other bytes in each flow: slower ones get a quarter more time, and the
    bytes are those of a flow twice as fast as the long one, or as a control's `usual` speed (bytes per second).
    """
    if change is None:
        return None
    if change.at_seconds >= BY_SECONDS:
        speed = max(change.before, usual)
        return Ends(
            round(SLOWER * change.at_bytes),
            round(FASTEST * speed * (change.at_seconds + LASTING)),
            SLOWER * change.at_seconds + AFTER_SECONDS,
        )
    enough = change.at_bytes + BEYOND
    return Ends(enough, enough, seconds) if change.at_bytes > NEAR_CAP * cap else None


def went_past(pair: Pair, mark: Mark) -> bool:
    """Both flows of the pair went on past the mark: long enough, where it is one of seconds.

    Asked of both alike, so that it cannot favour either.
    """
    if not asked_past(pair, mark):
        return False
    return not mark.at_seconds or all(_lasted_past(flow, mark) for flow in (pair.target, pair.control))


def _lasted_past(flow: Flow, mark: Mark) -> bool:
    start = mark.passed(flow)
    return start is not None and flow.ended - start >= LASTING


def lasted(flows: Sequence[Flow], change: Slowdown) -> bool:
    """Half of the flows and more ran for as long as the long flow was fast; shorter ones say nothing of it."""
    return 2 * sum(flow.elapsed >= change.at_seconds for flow in flows) >= len(flows)


def long_usable(pair: Pair) -> bool:
    """Both flows of the long pair are evidence of speed."""
    return use_of(pair.target) == "counts" and use_of(pair.control) == "counts"
