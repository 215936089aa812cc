"""How noisy a vote is expected to be: the spread of the votes outside the windows, again for every shift.

Goodput: the mean absolute residual of a slot x day type, pooled over its neighbours (evenings are noisier than days).
Failures: shares are the noisier the more failures there are, by hour and by day; their variance is that of the slot
times that of the day over that of the cell. Rare failures leave slots and days without any, so each gets some votes of
the cell's mean.
"""

import numpy as np

from analysis.correlate import settings
from analysis.correlate.cell import SD_PER_MEAN, Cell
from analysis.correlate.types import Floats, Ints


class Scale:
    """Standard deviation expected of each inside vote, without the inside votes of its own shift."""

    def __init__(self, cell: Cell, residual: Floats) -> None:
        slot, day = cell.factors.index[0], cell.factors.index[1]
        self._failure = cell.votes.outcome == "failure"
        if not self._failure:
            self._parts = [_Mean(np.abs(residual), slot, cell.pool, 0.0)]
            return
        own = np.eye(cell.factors.size[1])
        self._overall = float(np.mean(residual**2))
        self._parts = [
            _Mean(residual**2, slot, cell.pool, settings.FAILURE_PRIOR_VOTES),
            _Mean(residual**2, day, own, settings.FAILURE_PRIOR_VOTES),
        ]

    def of(self, row: Ints, vote: Ints, rows: int) -> Floats:
        """Entry i is vote[i], inside in shift row[i] of `rows`; 0 where nothing is left to learn it from."""
        if not self._failure:
            return SD_PER_MEAN * self._parts[0].outside(row, vote, rows)
        if self._overall <= 0:
            return np.ones(len(vote))
        by_slot, by_day = (part.outside(row, vote, rows) for part in self._parts)
        scale: Floats = np.sqrt(by_slot * by_day / self._overall)
        return scale


class _Mean:
    """Mean of `value` over the pooled levels of one factor, less the inside votes, plus some votes of the mean."""

    def __init__(self, value: Floats, level: Ints, pool: Floats, prior: float) -> None:
        self._value, self._level, self._pool, self._prior = value, level, pool, prior
        self._total = np.bincount(level, value, minlength=len(pool))
        self._count = np.bincount(level, minlength=len(pool)).astype(np.float64)
        self._mean = float(value.mean())

    def outside(self, row: Ints, vote: Ints, rows: int) -> Floats:
        levels = len(self._pool)
        place = row * levels + self._level[vote]
        lost = np.bincount(place, self._value[vote], minlength=rows * levels).reshape(rows, levels)
        gone = np.bincount(place, minlength=rows * levels).reshape(rows, levels)
        total = (self._total - lost) @ self._pool + self._prior * self._mean
        count = (self._count - gone) @ self._pool + self._prior
        mean: Floats = np.divide(total, count, out=np.zeros((rows, levels)), where=count > 0).ravel()[place]
        return mean
