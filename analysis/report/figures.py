"""From votes to what is drawn and tabled: bins of a timeline, single events, and evenings that match them. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from analysis.correlate import settings
from analysis.correlate.cell import Cell, prepare
from analysis.correlate.effect import Baseline, baseline, to_unit
from analysis.correlate.types import Association, Ints, Votes
from analysis.windows import Window

# A timeline holds at most about so many bins: more are thinner than a dot.
_BINS: Final = 240
_WIDTHS: Final = tuple(hours * 3600 for hours in (0.5, 1, 2, 3, 6, 12, 24, 72, 168))
# Fewer matching evenings say nothing about how far single evenings stray.
_EVENINGS: Final = 4


@dataclass(frozen=True)
class Bin:
    """Votes of some hours, those in windows and the others apart."""

    time: int  # middle, UTC seconds
    inside: bool
    value: float  # goodput: median ratio to the control; failure: share of failed votes
    votes: int
    vantages: int


@dataclass(frozen=True)
class Evening:
    """The hours of one event, or the same clock hours of a day without any."""

    start: int  # UTC seconds
    event: bool
    value: float  # as in `Bin`
    votes: int
    vantages: int


@dataclass(frozen=True)
class EventBar:
    """One event's effect, and how far single days without events stray at the same hours (95 %)."""

    ids: tuple[str, ...]
    start: int
    votes: int
    vantages: int
    effect: float | None
    low: float | None
    high: float | None
    onset_minutes: float | None
    end_minutes: float | None


def daily_vantages(votes: Votes) -> int:
    """How many vantages a usual day holds (median over days with votes).

    Pseudonyms change every 30 days, so that those of a whole season count one person several times.
    """
    if len(votes) == 0:
        return 0
    days = votes.time // 86_400
    pairs = np.unique(np.stack([days, votes.vantage]), axis=1)
    _, counts = np.unique(pairs[0], return_counts=True)
    return int(np.median(counts))


def timeline(votes: Votes, windows: tuple[Window, ...], at_least: int) -> list[Bin]:
    """Bins in time order; those of fewer than `at_least` vantages are left out."""
    if len(votes) == 0:
        return []
    span = int(votes.time[-1] - votes.time[0])
    width = int(next((each for each in _WIDTHS if span / each <= _BINS), _WIDTHS[-1]))
    inside = np.zeros(len(votes), bool)
    for window in windows:
        inside |= (votes.time >= window.start) & (votes.time < window.end)
    key = votes.time // width * 2 + inside
    bins = []
    for code, which in _groups(key):
        number = len(np.unique(votes.vantage[which]))
        value = _level(votes, which)
        if number >= at_least and value is not None:
            middle = int(code // 2 * width + width // 2)
            bins.append(Bin(middle, bool(code % 2), value, len(which), number))
    return bins


def _groups(key: Ints) -> Iterator[tuple[int, Ints]]:
    order = np.argsort(key, kind="stable")
    codes, first = np.unique(key[order], return_index=True)
    yield from zip((int(code) for code in codes), np.split(order, first[1:]), strict=True)


def _level(votes: Votes, which: Ints) -> float | None:
    if votes.outcome == "failure":
        return float(votes.failed[which].mean())
    middle = float(np.median(votes.value[which]))
    return float(np.exp(middle)) if np.isfinite(middle) else None


@dataclass(frozen=True)
class Comparison:
    """Events beside matched evenings, of one cell."""

    evenings: tuple[Evening, ...] = ()
    bars: tuple[EventBar, ...] = ()


def compare(
    votes: Votes, held: tuple[Window, ...], zone: str, line: Association, at_least: int
) -> Comparison:
    """`votes` are those of the test (without the hours of other causes); groups under `at_least` are left out."""
    if line.p_value is None or not line.per_event:
        return Comparison()
    cell = prepare(votes, held, zone)
    base = baseline(cell)
    matcher = _Matcher(cell)
    evenings: dict[tuple[int, bool], Evening] = {}
    bars = []
    for number, effect in enumerate(line.per_event):
        chosen = np.flatnonzero(cell.event_of() == number)
        matched = matcher.same_hours(number)
        for event, groups in ((True, [chosen]), (False, matched)):
            for which in groups:
                evening = _evening(cell, which, event)
                if evening is not None and evening.vantages >= at_least:
                    evenings[evening.start, event] = evening
        crowd = len(np.unique(votes.vantage[chosen]))
        if crowd >= at_least:
            low, high = _usual_range(cell, base, matched, effect.effect)
            bars.append(
                EventBar(
                    effect.ids,
                    cell.windows[number].start,
                    effect.votes,
                    crowd,
                    effect.effect,
                    low,
                    high,
                    effect.onset_minutes,
                    effect.end_minutes,
                )
            )
    return Comparison(tuple(sorted(evenings.values(), key=lambda each: each.start)), tuple(bars))


def _evening(cell: Cell, which: Ints, event: bool) -> Evening | None:
    value = _level(cell.votes, which) if len(which) else None
    if value is None:
        return None
    start = cell.calendar.origin + int(cell.bin[which[0]]) * settings.BIN_SECONDS
    return Evening(start, event, value, len(which), len(np.unique(cell.votes.vantage[which])))


class _Matcher:
    """Votes of days without events, of the same day type, at the clock hours of an event."""

    def __init__(self, cell: Cell) -> None:
        days = cell.calendar
        self._cell = cell
        self._bin_of = {
            (int(day), int(minute)): index
            for index, (day, minute) in reversed(list(enumerate(zip(days.day, days.minute, strict=True))))
        }
        self._busy = np.zeros(len(days), bool)
        for window in cell.windows:
            first, last = days.span(
                window.start - settings.WASHOUT_SECONDS, window.end + settings.WASHOUT_SECONDS
            )
            self._busy[first:last] = True

    def same_hours(self, number: int) -> list[Ints]:
        """Indices of votes, one array a matching day that holds any."""
        days, (first, last) = self._cell.calendar, self._cell.spans[number]
        clock = [(int(days.day[b] - days.day[first]), int(days.minute[b])) for b in range(first, last)]
        kind = days.weekend[first]
        found = []
        for day in range(int(days.day[-1]) + 1):
            bins = [self._bin_of.get((day + later, minute)) for later, minute in clock]
            known = np.array([each for each in bins if each is not None], dtype=np.int64)
            if len(known) == 0 or days.weekend[known[0]] != kind or self._busy[known].any():
                continue
            votes = np.flatnonzero(np.isin(self._cell.bin, known))
            if len(votes):
                found.append(votes)
        return found


def _usual_range(
    cell: Cell, base: Baseline, matched: list[Ints], effect: float | None
) -> tuple[float | None, float | None]:
    """The event's effect, give or take how far means of single matching days stray: a 95 % prediction interval."""
    from scipy.special import stdtrit

    means = np.array(
        [base.residual[which][base.usable[which]].mean() for which in matched if base.usable[which].any()]
    )
    if effect is None or len(means) < _EVENINGS:
        return None, None
    half = float(stdtrit(len(means) - 1, 0.975) * np.std(means, ddof=1) * np.sqrt(1 + 1 / len(means)))
    harm = float(np.log(effect)) if cell.votes.outcome == "goodput" else -effect
    bounds: list[float | None] = [to_unit(cell, harm - half), to_unit(cell, harm + half)]
    low, high = sorted(bound for bound in bounds if bound is not None)
    return low, high
