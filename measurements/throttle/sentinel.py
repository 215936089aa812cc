"""The blind cadence's only decision: whether the last sentinels of a platform start a session.

Sentinels are single small pairs every 15 or 60 minutes. They start a session and never decide one.
"""

from collections.abc import Sequence
from math import exp
from typing import Final

from measurements.throttle.pair import Pair, measure, pair_use
from measurements.throttle.thresholds import THRESHOLDS as T

# Three of four: one slow pair in three comes by chance on a phone (pair log-sd 0.9), three of four in a row rarely do.
LAST: Final = 4
SLOW: Final = 3


def sentinel_ratio(pair: Pair) -> float | None:
    """target / control of a sentinel pair; None where it says nothing about speed."""
    return exp(measure(pair).d) if pair_use(pair) == "counts" else None


def starts_session(ratios: Sequence[float | None]) -> bool:
    """Whether the platform's last four sentinels, oldest first, start a session (no ratio: not slow)."""
    return sum(1 for ratio in ratios[-LAST:] if ratio is not None and ratio < T.half) >= SLOW
