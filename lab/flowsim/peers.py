"""Other tools' decision rules, on the same flows as ours.

Wehe's client (NEU-SNS/wehe, client rule): two replays are differentiated if the area between the distributions of their
100 throughput bins, as a share of the larger mean, is at least 0.5 (0.3 where a mean is above 10 Mbit/s) and a
two-sample Kolmogorov-Smirnov test gives p < .01. A plain speed test compares one number a side.
"""

from math import exp, sqrt
from typing import Final

import numpy as np

from measurements.throttle.flow import Flow, goodput
from measurements.throttle.pair import Pair

# Wehe's own numbers, see above.
BINS: Final = 100
AREA: Final = 0.5
AREA_FAST: Final = 0.3
FAST: Final = 1_250_000.0  # 10 Mbit/s
KS_P: Final = 0.01
# Ours.
SPEED_TEST: Final = 0.5  # "the platform is slow" if it gets less than half of what the speed test got


def bins(flow: Flow) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Throughput (bytes per second) of the flow in 100 bins of equal time."""
    end = max(flow.elapsed, 1e-3)
    edges = np.linspace(0.0, end, BINS + 1)
    sizes = np.interp(edges, (0.0, *flow.times), (0.0, *flow.sizes))
    found: np.ndarray[tuple[int], np.dtype[np.float64]] = np.diff(sizes) / (end / BINS)
    return found


def wehe(pair: Pair) -> bool:
    """Differentiated against the target, by Wehe's client rule on one pair."""
    target, control = np.sort(bins(pair.target)), np.sort(bins(pair.control))
    # Area between two empirical distributions of equal size: the mean distance of their order statistics.
    area = float(np.mean(np.abs(target - control))) / max(float(target.mean()), float(control.mean()), 1.0)
    limit = AREA_FAST if max(target.mean(), control.mean()) > FAST else AREA
    return area >= limit and _ks_p(target, control) < KS_P and bool(target.mean() < control.mean())


def speed_test(pair: Pair) -> bool:
    """The target got less than half of what the control got, once."""
    return goodput(pair.target) < SPEED_TEST * goodput(pair.control)


def _ks_p(
    one: np.ndarray[tuple[int], np.dtype[np.float64]], other: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> float:
    """Asymptotic p of the two-sample Kolmogorov-Smirnov test (Numerical Recipes, section 14.3.3)."""
    every = np.concatenate([one, other])
    distance = np.max(
        np.abs(
            np.searchsorted(one, every, "right") / len(one)
            - np.searchsorted(other, every, "right") / len(other)
        )
    )
    effective = sqrt(len(one) * len(other) / (len(one) + len(other)))
    scaled = (effective + 0.12 + 0.11 / effective) * float(distance)
    if scaled < 0.2:
        return 1.0  # the series below converges to 1 too slowly to be summed
    return float(
        min(1.0, 2 * sum((-1) ** (k - 1) * exp(-2 * k * k * scaled * scaled) for k in range(1, 101)))
    )
