"""Onset alignment: the one test left when events come on nearly every evening.

If starts vary, a harm that keeps the schedule begins when the event begins and not at the usual hour. For each event
take the mean after its start minus the mean before it; compare with the same days under each other's start times,
permuted among events of the same day type and the same number on their day. What belongs to the clock is alike in
both.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from analysis.correlate import settings
from analysis.correlate.cell import Cell
from analysis.correlate.levels import fit
from analysis.correlate.types import Floats, Ints


@dataclass(frozen=True)
class OnsetTest:
    """One-sided p-value, number of permutations, and the mean step at the start on the harm scale."""

    p_value: float
    permutations: int
    step: float


def onset_alignment(cell: Cell, permutations: int, rng: np.random.Generator) -> OnsetTest | None:
    """None where starts vary too little, or too few events hold votes on both sides of their start."""
    clock = _seconds_of_day(cell)
    groups = _groups(cell)
    if _spread(clock, groups) < settings.ONSET_SPREAD_SECONDS:
        return None
    steps = _steps(cell, clock)
    seen = np.isfinite(np.diag(steps))
    if seen.sum() < settings.ONSET_EVENTS:
        return None
    real = float(np.diag(steps)[seen].mean())
    shuffled = _permuted(steps, [group[seen[group]] for group in groups], permutations, rng)
    # Sums in another order differ in the last digits; equal statistics must count as equal.
    count = int(np.sum(shuffled <= real + 1e-9 * max(1.0, abs(real))))
    return OnsetTest((1 + count) / (1 + permutations), permutations, real)


def _seconds_of_day(cell: Cell) -> Ints:
    """Local clock time at which each window starts, in seconds."""
    first = cell.spans[:, 0]
    start = np.array([window.start for window in cell.windows], dtype=np.int64)
    within = start - (cell.calendar.origin + first * settings.BIN_SECONDS)
    clock: Ints = cell.calendar.minute[first] * 60 + within
    return clock


def _groups(cell: Cell) -> list[Ints]:
    """Events of the same day type and the same number on their day."""
    members: dict[tuple[int, int], list[int]] = defaultdict(list)
    seen_today: dict[int, int] = defaultdict(int)
    for number, first in enumerate(cell.spans[:, 0]):
        day = int(cell.calendar.day[first])
        members[int(cell.calendar.weekend[first]), seen_today[day]].append(number)
        seen_today[day] += 1
    return [np.array(group, dtype=np.int64) for group in members.values()]


def _spread(clock: Ints, groups: list[Ints]) -> float:
    """Standard deviation of the starts about the mean start of their group, seconds."""
    rest = np.concatenate([clock[group] - clock[group].mean() for group in groups])
    freedom = len(rest) - len(groups)
    return float(np.sqrt((rest**2).sum() / freedom)) if freedom > 0 else 0.0


def _steps(cell: Cell, clock: Ints) -> Floats:
    """[event, start]: mean after minus mean before, on the event's day, had it begun at the other event's hour."""
    predicted, _ = fit(cell.factors, cell.clipped)
    # The day's effect cancels in the step; the slot's and the vantage's levels would not.
    residual = np.concatenate(([0.0], np.cumsum(cell.clipped - predicted)))
    time = cell.votes.time
    start = np.array([window.start for window in cell.windows], dtype=np.int64)
    length = np.array([window.end - window.start for window in cell.windows], dtype=np.int64)
    after = np.minimum(length, settings.ONSET_SIDE_SECONDS)[:, None]
    tried = start[:, None] + (clock[None, :] - clock[:, None])
    edges = [
        np.searchsorted(time, when) for when in (tried - settings.ONSET_SIDE_SECONDS, tried, tried + after)
    ]

    def mean(low: Ints, high: Ints) -> Floats:
        total = residual[high] - residual[low]
        means: Floats = np.divide(total, high - low, out=np.full(total.shape, np.nan), where=high > low)
        return means

    step: Floats = mean(edges[1], edges[2]) - mean(edges[0], edges[1])
    return step


def _permuted(steps: Floats, groups: list[Ints], permutations: int, rng: np.random.Generator) -> Floats:
    total = np.zeros(permutations)
    count = np.zeros(permutations)
    for group in groups:
        if len(group) == 0:
            continue
        order = np.argsort(rng.random((permutations, len(group))), axis=1)
        drawn = steps[group[None, :], group[order]]
        total += np.nansum(drawn, axis=1)
        count += np.isfinite(drawn).sum(axis=1)
    means: Floats = np.divide(total, count, out=np.full(permutations, -np.inf), where=count > 0)
    return means
