"""The null distribution: the whole schedule shifted around the circle of the data's own time.

Statistic: mean over the events of the mean of z inside each window, where z is a vote's residual from effects
fitted outside the windows, over its slot's scale; over what the error of these effects adds to its spread. Each shift
gets its own effects and scale, and its windows are thinned to the number of votes that the real ones hold; else lost
measurements would make the real windows noisier than the null.
"""

from dataclasses import dataclass

import numpy as np

from analysis.correlate import settings
from analysis.correlate.cell import Cell
from analysis.correlate.levels import Refitter
from analysis.correlate.scale import Scale
from analysis.correlate.types import Bools, Floats, Ints

# Entries (shift x inside vote) handled at once: bounds memory at some 100 MB.
_ENTRIES = 1_000_000
# A shift counts if at least this share of the events still has votes in its windows.
_COMPARABLE = 0.5


@dataclass(frozen=True)
class Null:
    """The real statistic, those of the comparable shifts, and the mean of 1/scale in the real windows."""

    real: float
    shifted: Floats
    weight: float

    @property
    def p_value(self) -> float | None:
        """One-sided: how often a shift looks at least as harmful. None with too few comparable shifts."""
        if len(self.shifted) < settings.VALID_SHIFTS or not np.isfinite(self.real):
            return None
        # Sums in another order differ in the last digits; equal statistics must count as equal.
        limit = self.real + 1e-9 * max(1.0, abs(self.real))
        return float((1 + np.sum(self.shifted <= limit)) / (1 + len(self.shifted)))

    @property
    def spread(self) -> float | None:
        """Standard deviation of the null by its quartiles: shifts that overlap real effects must not widen it."""
        if len(self.shifted) < settings.VALID_SHIFTS:
            return None
        low, high = np.quantile(self.shifted, (0.25, 0.75))
        return float(high - low) / 1.349


@dataclass(frozen=True)
class _Entries:
    row: Ints
    event: Ints
    vote: Ints


@dataclass(frozen=True)
class _Standard:
    """Of each entry: its residual over its scale, the scale, whether both are known, its slot, and the slot's votes."""

    z: Floats
    scale: Floats
    usable: Bools
    slot: Ints
    left: Floats  # outside the windows


class ShiftTest:
    """Statistics of one cell under any shift of its windows."""

    def __init__(self, cell: Cell, rng: np.random.Generator) -> None:
        self.cell = cell
        self.rng = rng
        self.bins = len(cell.calendar)
        self.refitter = Refitter(cell.factors, cell.clipped)
        edges = np.searchsorted(cell.bin, np.arange(self.bins + 1))
        # Two turns of the circle, so that a window that wraps is still one range of votes.
        self._first = np.concatenate((edges[:-1], edges + len(cell.bin)))
        self.scale = Scale(cell, self.refitter.residual)

    def run(self, shifts: int) -> Null:
        """The null over `shifts` random shifts, or over all of them if there are no more."""
        chosen = np.arange(1, self.bins)
        if len(chosen) > shifts:
            chosen = np.sort(self.rng.choice(chosen, shifts, replace=False))
        real, target, weight = self._real()
        per_shift = max(1, len(self.cell.bin) * int(np.diff(self.cell.spans).sum()) // self.bins)
        step = max(1, _ENTRIES // per_shift)
        parts = [
            self._statistics(chosen[start : start + step], target) for start in range(0, len(chosen), step)
        ]
        shifted = np.concatenate(parts)
        return Null(real, shifted[np.isfinite(shifted)], weight)

    def _real(self) -> tuple[float, Ints, float]:
        entries = self._entries(np.zeros(1, dtype=np.int64))
        found = self._standard(entries, 1)
        keep = found.usable
        target = np.bincount(entries.event[keep], minlength=len(self.cell.windows))
        if not keep.any():
            return np.nan, target, np.nan
        weight, _ = _weights(entries, keep, 1, len(self.cell.windows))
        widened = widening(weight, entries.row[keep], found.slot[keep], found.left[keep], 1)
        return (
            float((weight @ found.z[keep] / widened)[0]),
            target,
            float((weight @ (1 / found.scale[keep]) / widened)[0]),
        )

    def _statistics(self, shifts: Ints, target: Ints) -> Floats:
        entries = self._entries(shifts)
        found = self._standard(entries, len(shifts))
        keep = found.usable & (target[entries.event] > 0)
        keep = self._thin(entries, keep, target, len(shifts))
        weight, used = _weights(entries, keep, len(shifts), len(self.cell.windows))
        sums = np.bincount(entries.row[keep], weight * found.z[keep], minlength=len(shifts))
        enough = used >= _COMPARABLE * np.count_nonzero(target)
        widened = widening(weight, entries.row[keep], found.slot[keep], found.left[keep], len(shifts))
        return np.where(enough, sums / widened, np.nan)

    def _entries(self, shifts: Ints) -> _Entries:
        starts = (self.cell.spans[:, 0][None, :] + shifts[:, None]) % self.bins
        ends = starts + np.diff(self.cell.spans, axis=1)[:, 0][None, :]
        low, high = self._first[starts].ravel(), self._first[ends].ravel()
        length = high - low
        owner = np.repeat(np.arange(len(length)), length)
        offset = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
        events = len(self.cell.windows)
        return _Entries(owner // events, owner % events, (low[owner] + offset) % len(self.cell.bin))

    def _standard(self, entries: _Entries, rows: int) -> _Standard:
        refit = self.refitter.without(entries.row, entries.vote, rows)
        scale = self.scale.of(entries.row, entries.vote, rows)
        safe = np.where(scale > 0, scale, 1.0)
        slot = self.cell.factors.index[0][entries.vote]
        return _Standard(refit.residual / safe, safe, refit.usable & (scale > 0), slot, refit.left)

    def _thin(self, entries: _Entries, keep: Bools, target: Ints, rows: int) -> Bools:
        """Drop votes at random where a shifted window holds more than the real one of the same event."""
        events = len(self.cell.windows)
        group = entries.row * events + entries.event
        held = np.bincount(group[keep], minlength=rows * events).reshape(rows, events)
        over = np.flatnonzero(keep & (held > target).ravel()[group])
        order = over[np.argsort(group[over] + self.rng.random(len(over)), kind="stable")]
        sorted_group = group[order]
        new = np.flatnonzero(np.concatenate(([True], sorted_group[1:] != sorted_group[:-1])))
        size = np.diff(np.concatenate((new, [len(order)])))
        rank = np.arange(len(order)) - np.repeat(new, size) if len(order) else order
        thinned = keep.copy()
        thinned[order[rank >= target[entries.event[order]]]] = False
        return thinned


def _weights(entries: _Entries, keep: Bools, rows: int, events: int) -> tuple[Floats, Ints]:
    """Weight of each kept entry in its row's mean over events of means, and how many events of each row hold votes."""
    group = (entries.row * events + entries.event)[keep]
    count = np.bincount(group, minlength=rows * events)
    used = np.count_nonzero(count.reshape(rows, events), axis=1)
    weight: Floats = 1.0 / (count[group] * used[entries.row[keep]])
    return weight, used


def widening(weight: Floats, row: Ints, slot: Ints, left: Floats, rows: int) -> Floats:
    """How much wider than its own votes alone make it a row's weighted sum spreads: its slots' levels have errors too.

    A level learnt from `left` votes brings 1/left of their variance, to all votes of its slot alike. There are few
    weekend days to learn from; shifts of a weekend's events onto weekdays would understate that.
    """
    place = row * (int(slot.max(initial=0)) + 1) + slot
    own = np.bincount(row, weight**2, minlength=rows)
    levels = np.bincount(row, weight * np.bincount(place, weight)[place] / left, minlength=rows)
    wider: Floats = np.sqrt(1 + np.divide(levels, own, out=np.zeros(rows), where=own > 0))
    return wider
