"""A cell made ready for the test: votes on a calendar, windows in bins, factors, winsorised values."""

from dataclasses import dataclass

import numpy as np

from analysis.correlate import settings
from analysis.correlate.calendar import Calendar, calendar
from analysis.correlate.levels import Factors
from analysis.correlate.types import Bools, Floats, Ints, Votes
from analysis.windows import Window

# Consistency factors of normal noise: sd per median absolute deviation, sd per mean absolute deviation.
SD_PER_MAD = 1.4826
SD_PER_MEAN = 1.2533


@dataclass(frozen=True)
class Cell:
    """Votes sorted by bin. `harm` is oriented so that lower is worse in both outcomes."""

    votes: Votes
    calendar: Calendar
    bin: Ints
    factors: Factors  # slot x day type, day, vantage
    slot_minutes: int
    harm: Floats  # not winsorised
    clipped: Floats  # winsorised at 4 robust sd of its slot (goodput), for the test
    pool: Floats  # slot x slot: 1 where two slots share their scale
    windows: tuple[Window, ...]  # of the events that hold votes, in time order
    spans: Ints  # bins [first, last) of each window

    @property
    def sign(self) -> float:
        """-1 where the outcome grows with harm (failures)."""
        return -1.0 if self.votes.outcome == "failure" else 1.0

    @property
    def day(self) -> Ints:
        """Local day of each vote."""
        return self.calendar.day[self.bin]

    def inside(self, around: int = 0) -> Bools:
        """Votes in any window, widened by `around` seconds on both sides."""
        cover = np.zeros(len(self.calendar), bool)
        for window in self.windows:
            first, last = self.calendar.span(window.start - around, window.end + around)
            cover[first:last] = True
        return cover[self.bin]

    def event_of(self) -> Ints:
        """Index of the window each vote stands in; -1 = none."""
        owner = np.full(len(self.calendar), -1, dtype=np.int64)
        for number, (first, last) in enumerate(self.spans):
            owner[first:last] = number
        return owner[self.bin]


def prepare(votes: Votes, windows: tuple[Window, ...], zone: str) -> Cell:
    """The cell of `votes` (at least one) with the windows that hold votes."""
    days = calendar(int(votes.time[0]), int(votes.time[-1]), zone)
    where = days.bin_of(votes.time)
    held: list[Window] = []
    spans: list[tuple[int, int]] = []
    for window in windows:
        first, last = days.span(window.start, window.end)
        if np.searchsorted(where, first) < np.searchsorted(where, last):
            held.append(window)
            spans.append((first, last))
    minutes = slot_width(days, where)
    slots = slot_labels(days, where, minutes)
    factors = Factors.of(slots, days.day[where], vantage_levels(votes.vantage))
    harm = -votes.value if votes.outcome == "failure" else votes.value
    pool = shared_scale(np.unique(slots), minutes)
    clipped = harm
    if votes.outcome == "goodput":
        clipped = winsorise(harm, factors.index[0], factors.index[2], pool)
    bounds = np.array(spans, dtype=np.int64).reshape(-1, 2)
    return Cell(votes, days, where, factors, minutes, harm, clipped, pool, tuple(held), bounds)


def slot_labels(days: Calendar, where: Ints, minutes: int) -> Ints:
    """Label of slot x day type of each bin in `where`: slots of `minutes`, weekend slots numbered after a day's."""
    per_day = 1440 // minutes
    return days.weekend[where] * per_day + days.minute[where] // minutes


def slot_width(days: Calendar, where: Ints) -> int:
    """The narrowest slot, in minutes, whose median number of votes is enough for a level of its own."""
    for minutes in settings.SLOT_MINUTES:
        _, counts = np.unique(slot_labels(days, where, minutes), return_counts=True)
        if np.median(counts) >= settings.VOTES_PER_SLOT:
            return minutes
    return settings.SLOT_MINUTES[-1]


def vantage_levels(vantage: Ints) -> Ints:
    """Vantage codes; those with too few votes share the code -1."""
    counts = np.bincount(vantage)
    return np.where(counts[vantage] >= settings.VANTAGE_VOTES, vantage, -1)


def shared_scale(labels: Ints, minutes: int) -> Floats:
    """Which slots (by label) pool their scales: same day type, at most an hour apart around the clock."""
    per_day = 1440 // minutes
    kind, slot = labels // per_day, labels % per_day
    gap = np.abs(slot[:, None] - slot[None, :])
    near = np.minimum(gap, per_day - gap) * minutes <= settings.SCALE_POOL_MINUTES
    shared: Floats = (near & (kind[:, None] == kind[None, :])).astype(np.float64)
    return shared


def winsorise(value: Floats, slot: Ints, vantage: Ints, pool: Floats) -> Floats:
    """`value` with what lies more than 4 robust sd from its slot's median (vantage medians apart) pulled in."""
    middle = group_medians(value, vantage)[vantage]
    rest = value - middle
    centre = np.zeros(len(pool))
    spread = np.full(len(pool), np.inf)
    order = np.argsort(slot, kind="stable")
    edges = np.searchsorted(slot[order], np.arange(len(pool) + 1))
    parts = [rest[order[edges[k] : edges[k + 1]]] for k in range(len(pool))]
    for k, row in enumerate(pool):
        near = np.concatenate([parts[other] for other in np.flatnonzero(row)])
        centre[k] = median(near)
        mad = SD_PER_MAD * median(np.abs(near - centre[k]))
        # No spread at all (constant data) says nothing about what is extreme.
        spread[k] = settings.WINSOR * mad if mad > 0 else np.inf
    clipped: Floats = middle + np.clip(rest, (centre - spread)[slot], (centre + spread)[slot])
    return clipped


def median(value: Floats) -> float:
    """Median of a short array; numpy's own spends most of its time on preparations."""
    ordered = np.sort(value)
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def group_medians(value: Floats, group: Ints) -> Floats:
    """Median of `value` per group code (0 to max)."""
    return np.array([median(value[group == code]) for code in range(int(group.max()) + 1)])
