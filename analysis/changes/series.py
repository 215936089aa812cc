"""Votes of one cell on a dense grid of hours."""

from dataclasses import dataclass

import numpy as np

from analysis.correlate.cell import SD_PER_MAD, group_medians
from analysis.correlate.settings import WINSOR
from analysis.correlate.types import Floats, Ints, Votes

HOUR = 3600

# The running level: long enough to leave the noise of hours whole.
_LEVEL_HOURS = 169

# Hours of the day have levels of their own; beyond this (ratio 1.35) a daily dip is news and is left in.
_SHAPE_LIMIT = 0.3

# Hours of the day with fewer values around them take the spread of the whole series.
_CLOCK_VALUES = 20


@dataclass(frozen=True)
class Hours:
    """Hours that hold votes, in time order. Hours without any are gaps in `hour`, never zeros."""

    hour: Ints  # hours since 1970
    value: Floats  # mean over the votes: d (vantages and daily shape levelled), or share of failures
    pulled_in: Floats  # the same, of votes no further from the running level than a few standard deviations
    votes: Ints

    def __len__(self) -> int:
        return len(self.hour)


def hourly(votes: Votes) -> Hours:
    """The hourly series of a cell (at least one vote)."""
    value = votes.failed
    if votes.outcome == "goodput":
        medians = group_medians(votes.value, votes.vantage)
        # Levels of vantages differ; what is kept is the median vantage's.
        value = votes.value - medians[votes.vantage] + np.median(medians)
    hours, place = np.unique(votes.time // HOUR, return_inverse=True)
    count = np.bincount(place)
    mean: Floats = np.bincount(place, value) / count
    if votes.outcome == "failure":
        return Hours(hours, mean, mean, count)
    # One failed flow, or one of a thousand times the speed, must not make its hour an outlier.
    near = np.bincount(place, _pulled_in(value, running_median(mean)[place], hours[place] % 24)) / count
    shape = _daily_shape(hours, mean)
    return Hours(hours, mean - shape, near - shape, count)


def _pulled_in(value: Floats, level: Floats, clock: Ints) -> Floats:
    """Votes no further from the running level than some standard deviations of their hour of the day."""
    limit = WINSOR * spread_by_clock(clock, value - level)
    return level + np.clip(value - level, -limit, limit)


def spread_by_clock(clock: Ints, rest: Floats) -> Floats:
    """Standard deviation at each value, by absolute deviations, pooled over neighbouring hours of the day."""
    overall = SD_PER_MAD * float(np.median(np.abs(rest))) or float(np.std(rest)) or 1.0
    spread = np.full(24, overall)
    for hour in range(24):
        gap = np.abs(clock - hour)
        near = rest[np.minimum(gap, 24 - gap) <= 1]
        if len(near) >= _CLOCK_VALUES:
            spread[hour] = max(SD_PER_MAD * float(np.median(np.abs(near))), overall / 4)
    by_value: Floats = spread[clock]
    return by_value


def _daily_shape(hours: Ints, mean: Floats) -> Floats:
    """How each hour of the day usually departs from the level of its week."""
    rest = mean - running_median(mean)
    clock = hours % 24
    usual = np.array([np.median(rest[clock == each]) if np.any(clock == each) else 0.0 for each in range(24)])
    shape: Floats = np.clip(usual, -_SHAPE_LIMIT, _SHAPE_LIMIT)[clock]
    return shape


def running_median(value: Floats) -> Floats:
    """Median over a week around each hour."""
    width = min(_LEVEL_HOURS, len(value) // 2 * 2 + 1)
    padded = np.pad(value, width // 2, mode="reflect" if len(value) > width // 2 else "edge")
    medians: Floats = np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)
    return medians
