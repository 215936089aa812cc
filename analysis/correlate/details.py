"""What stands beside the test's answer: descriptives, single events, and the two splits of the schedule."""

import numpy as np

from analysis.correlate import settings
from analysis.correlate.cell import Cell, prepare
from analysis.correlate.effect import Baseline, Effect, baseline, effect, to_unit
from analysis.correlate.timing import edges
from analysis.correlate.types import Bools, EventEffect, SplitEffect, Votes
from analysis.schedule.printed import iso
from analysis.windows import Window


def notes(cell: Cell) -> str | None:
    """What a reader must know about the votes themselves."""
    if cell.votes.outcome == "failure":
        return (
            None if cell.votes.controlled else "the data hold no controls: failures are not set against any"
        )
    failed = int(np.count_nonzero(cell.votes.failed[cell.inside()]))
    if not failed:
        return None
    return f"{failed} votes in the windows hold failed downloads, counted as the slowest that succeeded"


def descriptives(cell: Cell) -> tuple[float | None, float | None]:
    """Median ratio to the control, or share of failed votes: in the windows, and in the other hours of their days."""
    inside = cell.inside()
    event_days = np.unique(cell.day[inside])
    others = np.isin(cell.day, event_days) & ~inside
    return _describe(cell, inside), _describe(cell, others)


def _describe(cell: Cell, which: Bools) -> float | None:
    if not which.any():
        return None
    if cell.votes.outcome == "goodput":
        return float(np.exp(np.median(cell.harm[which])))
    return float(cell.votes.failed[which].mean())


def interval(cell: Cell, found: Effect) -> tuple[float | None, float | None]:
    """The effect's 95 % interval in the unit of the outcome, lower bound first."""
    bounds = [to_unit(cell, found.low), to_unit(cell, found.high)]
    known = sorted(bound for bound in bounds if bound is not None)
    return (known[0], known[-1]) if known else (None, None)


def failed_events(cell: Cell) -> int:
    """Events in whose windows something failed."""
    owner = cell.event_of()
    return len(np.unique(owner[(owner >= 0) & (cell.votes.failed > 0)]))


def carried(overall: Effect) -> float:
    """Share of the effect that is left without the worst events, one fewer than failures must fall in."""
    known = np.sort(overall.per_event[np.isfinite(overall.per_event)])
    rest = known[settings.FAILED_EVENTS - 1 :]
    return float(rest.mean() / overall.mean) if overall.mean and len(rest) else 0.0


def per_event(cell: Cell, base: Baseline, overall: Effect) -> tuple[EventEffect, ...]:
    """Effect, onset and end of each event, in the order of the cell's windows."""
    votes = np.bincount(cell.event_of() + 1, minlength=len(cell.windows) + 1)[1:]
    lines = []
    for number, window in enumerate(cell.windows):
        onset, end = edges(cell, base, number, overall.mean or 0.0)
        lines.append(
            EventEffect(
                ids=window.ids,
                start=iso(window.start),
                end=iso(window.end),
                votes=int(votes[number]),
                effect=to_unit(cell, float(overall.per_event[number])),
                onset_minutes=onset,
                end_minutes=end,
            )
        )
    return tuple(lines)


def splits(votes: Votes, windows: tuple[Window, ...], cell: Cell, zone: str) -> tuple[SplitEffect, ...]:
    """Announced against unannounced, and held against cancelled, where each side has enough events."""
    lines: list[SplitEffect] = []
    announced = [n for n, window in enumerate(cell.windows) if window.announced]
    unannounced = [n for n, window in enumerate(cell.windows) if not window.announced]
    if min(len(announced), len(unannounced)) >= settings.SPLIT_EVENTS:
        base = baseline(cell)
        lines += [
            _split(cell, base, "announced", announced),
            _split(cell, base, "unannounced", unannounced),
        ]
    both = prepare(votes, windows, zone) if any(window.cancelled for window in windows) else cell
    cancelled = [n for n, window in enumerate(both.windows) if window.cancelled]
    held = [n for n, window in enumerate(both.windows) if not window.cancelled]
    if min(len(cancelled), len(held)) >= settings.SPLIT_EVENTS:
        base = baseline(both)
        lines += [_split(both, base, "held", held), _split(both, base, "cancelled", cancelled)]
    return tuple(lines)


def _split(cell: Cell, base: Baseline, part: str, events: list[int]) -> SplitEffect:
    found = effect(cell, base, events)
    low, high = interval(cell, found)
    return SplitEffect(
        part=part,
        events=len(events),
        effect=to_unit(cell, found.mean),
        effect_low=low,
        effect_high=high,
    )
