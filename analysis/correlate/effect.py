"""How large is the effect, and how sure: per event, over all events, and what this much data could have shown.

Effects are fitted on votes outside the windows and a washout around them, so that throttling which overruns its window
is neither in the windows nor in what they are compared with. Every event weighs the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.correlate import settings
from analysis.correlate.cell import SD_PER_MAD, Cell
from analysis.correlate.levels import fit
from analysis.correlate.types import Bools, Floats, Ints

# One-sided 5 % and power 80 % of a normal statistic.
_DETECTABLE_SD = 1.6449 + 0.8416
# Below this many comparison days of a day type the baseline's own error cannot be estimated.
_BASELINE_DAYS = 2


@dataclass(frozen=True)
class Effect:
    """On the harm scale (lower = worse): mean over events and its 95 % interval; per event, NaN where unknown."""

    mean: float | None
    low: float | None
    high: float | None
    per_event: Floats


@dataclass(frozen=True)
class Baseline:
    """Residuals of all votes from effects fitted outside the widened windows."""

    residual: Floats
    usable: Bools
    comparison: Bools  # votes the effects were fitted on


def baseline(cell: Cell) -> Baseline:
    """Fit the effects outside the windows and their washout; residuals of inside votes about their own median."""
    comparison = ~cell.inside(settings.WASHOUT_SECONDS)
    predicted, usable = fit(cell.factors, cell.clipped, comparison)
    residual = cell.clipped - predicted
    inside = cell.inside()
    if cell.votes.outcome == "goodput" and inside.any():
        residual[inside] = _clip_about_median(cell.harm[inside] - predicted[inside], residual[comparison])
    return Baseline(residual, usable, comparison)


def _clip_about_median(inside: Floats, outside: Floats) -> Floats:
    centre = np.median(inside)
    around = inside - centre
    spread = SD_PER_MAD * max(np.median(np.abs(around)), np.median(np.abs(outside)) if len(outside) else 0.0)
    if spread <= 0:
        return inside
    clipped: Floats = centre + np.clip(around, -settings.WINSOR * spread, settings.WINSOR * spread)
    return clipped


def effect(cell: Cell, base: Baseline, events: Sequence[int]) -> Effect:
    """The effect over the windows numbered `events`."""
    owner = cell.event_of()
    chosen = np.isin(owner, events) & base.usable
    count = np.bincount(owner[chosen], minlength=len(cell.windows))
    total = np.bincount(owner[chosen], base.residual[chosen], minlength=len(cell.windows))
    means = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
    seen = np.flatnonzero(count > 0)
    if len(seen) == 0:
        return Effect(None, None, None, means)
    mean = float(means[seen].mean())
    half = _half_width(cell, base, means[seen], seen, chosen)
    if half is None:
        return Effect(mean, None, None, means)
    return Effect(mean, mean - half, mean + half, means)


def _half_width(cell: Cell, base: Baseline, means: Floats, seen: Ints, chosen: Bools) -> float | None:
    """Half of the 95 % interval: spread between event days (clusters) plus the error of the baseline itself.

    Degrees of freedom after Welch and Satterthwaite.
    """
    from scipy.special import stdtrit

    days = cell.calendar.day[cell.spans[seen, 0]]
    between, clusters = _clustered_variance(means, days)
    if clusters < 2:
        return None
    parts = [(between, clusters - 1.0), *_baseline_variances(cell, base, seen, chosen)]
    if cell.votes.outcome == "failure":
        parts[0] = (max(between, _binomial_floor(cell.votes.failed[chosen])), clusters - 1.0)
    variance = sum(part for part, _ in parts)
    if variance <= 0:
        return 0.0
    freedom = variance**2 / sum(part**2 / degrees for part, degrees in parts)
    return float(stdtrit(freedom, 0.975) * np.sqrt(variance))


def _clustered_variance(means: Floats, days: Ints) -> tuple[float, int]:
    """Variance of the mean of `means` when events of one day are not independent; number of days."""
    _, codes = np.unique(days, return_inverse=True)
    sums = np.bincount(codes, means - means.mean())
    clusters = len(sums)
    if clusters < 2:
        return 0.0, clusters
    return float(clusters / (clusters - 1) * (sums**2).sum() / len(means) ** 2), clusters


def _baseline_variances(cell: Cell, base: Baseline, seen: Ints, chosen: Bools) -> list[tuple[float, float]]:
    """(variance, degrees of freedom) that each day type's comparison days add to the mean of the events.

    All events of a day type share its comparison days: take each such day's mean residual in the slots of the events,
    and the variance of the mean of these days.
    """
    slot, day = cell.factors.index[0], cell.factors.index[1]
    kind = cell.calendar.weekend[cell.bin]
    event_kind = cell.calendar.weekend[cell.spans[seen, 0]]
    parts = []
    for which in (0, 1):
        share = float(np.mean(event_kind == which))
        if share == 0.0:
            continue
        weight = np.bincount(slot[chosen & (kind == which)], minlength=cell.factors.size[0])[slot]
        weight = np.where(base.comparison & (kind == which), weight, 0).astype(np.float64)
        held = np.bincount(day, weight)
        sums = np.bincount(day, weight * base.residual)
        means = sums[held > 0] / held[held > 0]
        if len(means) >= _BASELINE_DAYS:
            parts.append((share**2 * float(np.var(means, ddof=1)) / len(means), len(means) - 1.0))
    return parts


def _binomial_floor(failed: Floats) -> float:
    """Variance of a share with one vote of each kind added: all-failed windows are not known without error."""
    share = (failed.sum() + 1) / (len(failed) + 2)
    return float(share * (1 - share) / len(failed))


def detectable(spread: float | None, weight: float) -> float | None:
    """Smallest effect, on the harm scale (negative), that the test would have shown 8 times in 10 at p < .05."""
    if spread is None or not np.isfinite(weight) or weight <= 0:
        return None
    return -_DETECTABLE_SD * spread / weight


def to_unit(cell: Cell, value: float | None) -> float | None:
    """Harm scale -> unit of `effect`: ratio (goodput), difference of shares (failure)."""
    if value is None or not np.isfinite(value):
        return None
    return float(np.exp(value)) if cell.votes.outcome == "goodput" else -float(value)
