"""Which votes take part, and whether they are enough to say anything."""

from collections.abc import Iterable

import numpy as np

from analysis.correlate import settings
from analysis.correlate.cell import Cell
from analysis.correlate.types import Bools, Votes
from analysis.windows import Hours


def outside_other_causes(votes: Votes, hours: Hours) -> Votes:
    """The votes outside the hours of other causes."""
    return votes.take(~_covered(votes, hours.left_out))


def tested_votes(votes: Votes, hours: Hours) -> Votes:
    """The votes that take part: those in hours of other causes and of cancelled events do not, nor do strays."""
    cancelled = [(window.start, window.end) for window in hours.windows if window.cancelled]
    return without_strays(votes.take(~_covered(votes, (*hours.left_out, *cancelled))))


def without_strays(votes: Votes) -> Votes:
    """The votes without small groups of them far from all others in time: a clock that forgot the date.

    Shifts of the schedule go around the time that the votes span; a single one decades away would empty it.
    """
    group = np.cumsum(np.diff(votes.time, prepend=votes.time[:1]) > settings.STRAY_SECONDS)
    size = np.bincount(group, minlength=1)
    return votes.take((size[group] >= settings.VOTES_OUTSIDE) | (size[group] == size.max()))


def _covered(votes: Votes, hours: Iterable[tuple[int, int]]) -> Bools:
    covered = np.zeros(len(votes), bool)
    for start, end in hours:
        covered |= (votes.time >= start) & (votes.time < end)
    return covered


def lack(cell: Cell) -> str | None:
    """Why there are too few votes to say anything."""
    inside = cell.inside()
    if len(cell.windows) == 0:
        return "no event has measurements in its hours"
    if not np.isfinite(cell.harm).all():
        return "no download from the platform ever succeeded; see the failure outcome"
    if len(cell.windows) < settings.EVENTS:
        return f"too few events with measurements ({len(cell.windows)}; {settings.EVENTS} are needed)"
    if inside.sum() < settings.VOTES_INSIDE:
        return f"too few measurements in the windows ({inside.sum()}; {settings.VOTES_INSIDE} are needed)"
    if (~inside).sum() < settings.VOTES_OUTSIDE:
        return (
            f"too few measurements to compare with ({(~inside).sum()}; {settings.VOTES_OUTSIDE} are needed)"
        )
    return None
