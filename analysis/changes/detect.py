"""From levels to `change` lines."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

import msgspec
import numpy as np

from analysis.changes.series import HOUR, Hours, hourly
from analysis.changes.split import Piece, failure_test, goodput_test, split
from analysis.correlate.types import Outcome, Votes

# Of 100 innocent lines over two months about one shows a change (docs/calibration-changes.md).
CONFIDENCE: Final = 0.99
# Smaller changes are not reported, however sure: a factor of 1.5 in goodput, a third of a failure share.
_FLOOR: Final[dict[Outcome, float]] = {"goodput": float(np.log(1.5)), "failure": 0.3}
# A gain of fewer hours over normal neighbours is the control's trouble, not the platform's.
_SHORT: Final = 24
# Fewer hours with votes hold no levels to compare.
_HOURS: Final = 24


class Change(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="change"):
    """`change` line of the NDJSON contract. `before`/`after`: ratio to the control, or share of failures."""

    platform: str
    asn: int | None
    time: datetime  # start of the first hour of the new level, UTC
    direction: str  # onset: it got worse; end: it got better
    before: float
    after: float
    confidence: float  # 1 - p of the split, corrected for all places it could have been at
    outcome: Outcome
    hours: int  # with votes at the new level
    votes: int


def changes(votes: Votes) -> list[Change]:
    """Changes of one cell, in time order."""
    if len(votes) == 0 or not np.isfinite(votes.value).all():
        return []
    series = hourly(votes)
    if len(series) < _HOURS:
        return []
    test = goodput_test(series) if votes.outcome == "goodput" else failure_test(series)
    pieces = split(series, test, CONFIDENCE)
    if votes.outcome == "goodput":
        pieces = _without_short_gains(series, pieces)
    pieces = _merged(series, pieces, votes.outcome)
    return [_change(votes, series, before, after) for before, after in pairwise(pieces)]


def _without_short_gains(series: Hours, pieces: list[Piece]) -> list[Piece]:
    """Short stretches that are faster than normal neighbours made one with them: their control was slow.

    Between slow neighbours they stay: a restriction that was lifted for some hours.
    """
    normal = float(np.quantile(series.value, 0.75)) - _FLOOR["goodput"]
    place = 1
    while place < len(pieces) - 1:
        before, here, after = pieces[place - 1 : place + 2]
        beside = _level(series, before), _level(series, after)
        if here.last - here.first < _SHORT and min(beside) >= normal and _level(series, here) > max(beside):
            pieces = [
                *pieces[: place - 1],
                Piece(before.first, after.last, before.confidence),
                *pieces[place + 2 :],
            ]
        else:
            place += 1
    return pieces


def _merged(series: Hours, pieces: list[Piece], outcome: Outcome) -> list[Piece]:
    """Neighbours whose levels differ by less than the floor made one, the closest first."""
    while len(pieces) > 1:
        levels = [_level(series, piece) for piece in pieces]
        steps = np.abs(np.diff(levels))
        closest = int(np.argmin(steps))
        if steps[closest] >= _FLOOR[outcome]:
            break
        one, other = pieces[closest], pieces[closest + 1]
        pieces = [*pieces[:closest], Piece(one.first, other.last, one.confidence), *pieces[closest + 2 :]]
    return pieces


def _level(series: Hours, piece: Piece) -> float:
    part = slice(piece.first, piece.last)
    return float(np.average(series.value[part], weights=series.votes[part]))


def _change(votes: Votes, series: Hours, before: Piece, after: Piece) -> Change:
    old, new = _level(series, before), _level(series, after)
    worse = new < old if votes.outcome == "goodput" else new > old
    shown = (float(np.exp(old)), float(np.exp(new))) if votes.outcome == "goodput" else (old, new)
    return Change(
        platform=votes.platform,
        asn=votes.asn,
        time=datetime.fromtimestamp(int(series.hour[after.first]) * HOUR, UTC),
        direction="onset" if worse else "end",
        before=shown[0],
        after=shown[1],
        confidence=after.confidence or 0.0,
        outcome=votes.outcome,
        hours=after.last - after.first,
        votes=int(series.votes[after.first : after.last].sum()),
    )
