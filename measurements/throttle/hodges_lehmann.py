"""Hodges-Lehmann estimates with exact one-sided bounds (Hodges and Lehmann 1963; Hollander and Wolfe, ch. 3 and 4).

A bound is an order statistic of the pairwise averages (one sample) or differences (two samples); which one follows
exactly from the null distribution of the rank statistic. `None` = too few values for any bound at this level.
"""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from measurements.throttle.wilcoxon import mann_whitney_bound, signed_rank_bound


class Estimate(NamedTuple):
    """A centre and its one-sided bounds, each at the asked level."""

    value: float
    low: float | None
    high: float | None


def one_sample(values: Sequence[float], alpha: float = 0.05) -> Estimate:
    """Pseudo-median of at least one value: median of the Walsh averages, with one-sided bounds at 1 - alpha."""
    walsh = sorted((a + b) / 2 for i, a in enumerate(values) for b in values[i:])
    return _bounded(walsh, signed_rank_bound(len(values), alpha))


def two_sample(after: Sequence[float], before: Sequence[float], alpha: float = 0.05) -> Estimate:
    """Shift `after` - `before` of two samples, both with at least one value."""
    shifts = sorted(a - b for a in after for b in before)
    return _bounded(shifts, mann_whitney_bound(len(after), len(before), alpha))


def _bounded(ordered: list[float], k: int) -> Estimate:
    if k == 0:
        return Estimate(median(ordered), None, None)
    return Estimate(median(ordered), ordered[k - 1], ordered[-k])
