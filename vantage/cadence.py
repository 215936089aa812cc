"""When to measure: the same shape every day, known to nobody in advance.

Schedule-blind (DESIGN sections 2 and 7): denser on all evenings, never on a date, so that the timing of probes tells
nothing of any event, and event and non-event evenings are measured alike. Gaps are exponential: arrivals see time
averages (PASTA), and no regular beat of the line can hide between probes.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

# Local hours in which rounds are denser, every day of the year.
EVENING: Final = range(18, 24)
EVENING_MEAN: Final = 15 * 60.0  # seconds between rounds
DAY_MEAN: Final = 60 * 60.0
# Gaps are clamped to these shares of the mean: a long one would leave a whole livestream unseen.
_SHORTEST: Final = 0.2
_LONGEST: Final = 2.5


def mean_gap(local: datetime) -> float:
    """Mean seconds to the next round at this local time."""
    return EVENING_MEAN if local.hour in EVENING else DAY_MEAN


def next_gap(local: datetime, exponential: Callable[[float], float]) -> float:
    """Seconds to wait before the next round. `exponential(rate)` draws from that distribution (random.expovariate)."""
    mean = mean_gap(local)
    return min(max(exponential(1 / mean), _SHORTEST * mean), _LONGEST * mean)
