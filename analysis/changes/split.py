"""Circular binary segmentation (Olshen et al., Biostatistics 2004): split where a stretch of hours stands out most.

A stretch in the middle counts as one change of level and back, so that three hours of throttling between long normal
times are seen; a search for single steps would average them away. Each part is searched again. The test of a stretch
against the rest of its part is the evidence's own: Student's t with the noise of the series for goodput, binomial for
failures.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analysis.changes.noise import variance_of_means
from analysis.changes.series import Hours, running_median, spread_by_clock
from analysis.correlate.settings import WINSOR
from analysis.correlate.types import Bools, Floats, Ints

# A stretch shorter than this is an outlier, not a level; and so many votes at least must stand in it.
_HOURS = 2
_VOTES = 3
# Stretches in the middle of a part are sought up to a week; longer ones show as two steps.
_LONGEST = 168
# About how many independent stretches begin at each hour: one per doubling of the length, up to _LONGEST.
_STRETCHES = 8
# Means of longer stretches are foretold from the parts: as well known as those of a day (simulated).
_DAY = 24


@dataclass(frozen=True)
class Piece:
    """Hours [first, last) of one level, and the confidence of the split that made its start."""

    first: int
    last: int
    confidence: float | None


Test = Callable[[Ints, Ints, int, int], tuple[Floats, Callable[[int], float]]]


def goodput_test(series: Hours) -> Test:
    """Stretches scored by |mean inside - mean of the rest| in standard errors of the noise."""
    level = running_median(series.pulled_in)
    # Noisy hours of the day count for less: their departures are divided by what is usual there.
    spread = _spread(series, series.pulled_in - level)
    rest = np.clip((series.pulled_in - level) / spread, -WINSOR, WINSOR)
    variance = variance_of_means(rest)
    total = np.concatenate(([0.0], np.cumsum(rest + (level - np.median(level)) / spread)))

    def score(first: Ints, last: Ints, start: int, end: int) -> tuple[Floats, Callable[[int], float]]:
        size, others = last - first, (end - start) - (last - first)
        inside = (total[last] - total[first]) / size
        outside = (total[end] - total[start] - (total[last] - total[first])) / others
        z = np.abs(inside - outside) / np.sqrt(variance[size] + variance[others])

        def tail(best: int) -> float:
            # The variance is known as well as there are such stretches in the series.
            shorter = min(int(size[best]), int(others[best]))
            return _student_tail(float(z[best]), len(series) / min(shorter, _DAY))

        return z, tail

    return score


def failure_test(series: Hours) -> Test:
    """Stretches scored by the binomial deviance; the p-value is the exact tail given the rest's share."""
    failed = np.concatenate(([0.0], np.cumsum(series.value * series.votes)))
    votes = np.concatenate(([0], np.cumsum(series.votes)))

    def score(first: Ints, last: Ints, start: int, end: int) -> tuple[Floats, Callable[[int], float]]:
        bad, count = failed[last] - failed[first], votes[last] - votes[first]
        rest_bad, rest = failed[end] - failed[start] - bad, votes[end] - votes[start] - count
        deviance = 2 * (
            _likelihood(bad, count) + _likelihood(rest_bad, rest) - _likelihood(bad + rest_bad, count + rest)
        )

        def tail(best: int) -> float:
            return _binomial_tail(float(bad[best]), int(count[best]), float(rest_bad[best]), int(rest[best]))

        return deviance, tail

    return score


def split(series: Hours, test: Test, confidence: float) -> list[Piece]:
    """Pieces of one level each, in time order."""
    pieces: list[Piece] = []
    todo = [Piece(0, len(series), None)]
    while todo:
        part = todo.pop()
        found = _stands_out(series, test, part)
        if found is None or found[2] < confidence:
            pieces.append(part)
            continue
        first, last, sure = found
        if last < part.last:
            todo.append(Piece(last, part.last, sure))
        if first > part.first:
            todo.append(Piece(first, last, sure))
            todo.append(Piece(part.first, first, part.confidence))
        else:
            todo.append(Piece(first, last, part.confidence))
    return _without_doubtful(sorted(pieces, key=lambda piece: piece.first), test, confidence)


def _without_doubtful(pieces: list[Piece], test: Test, confidence: float) -> list[Piece]:
    """Neighbours that do not differ by themselves made one, the most doubtful first.

    A stretch in the middle is tested against both its sides together; one of them may be no other than it.
    """
    while len(pieces) > 1:
        tails = [
            test(np.array([new.first]), np.array([new.last]), old.first, new.last)[1](0)
            for old, new in pairwise(pieces)
        ]
        worst = int(np.argmax(tails))
        if tails[worst] <= 1 - confidence:
            break
        old, new = pieces[worst : worst + 2]
        pieces = [*pieces[:worst], Piece(old.first, new.last, old.confidence), *pieces[worst + 2 :]]
    return pieces


def _stands_out(series: Hours, test: Test, part: Piece) -> tuple[int, int, float] | None:
    """The stretch of a part that departs most from the rest, with its confidence."""
    length = part.last - part.first
    if length < 2 * _HOURS:
        return None
    first, last = _candidates(part.first, part.last)
    votes = np.concatenate(([0], np.cumsum(series.votes)))
    inside, left, right = (
        votes[last] - votes[first],
        votes[first] - votes[part.first],
        votes[part.last] - votes[last],
    )
    fits: Bools = inside >= _VOTES
    for size, beside in ((first - part.first, left), (part.last - last, right)):
        fits &= (size == 0) | (beside >= _VOTES)
    first, last = first[fits], last[fits]
    if len(first) == 0:
        return None
    score, p_value = test(first, last, part.first, part.last)
    best = int(np.argmax(score))
    p = min(1.0, p_value(best) * len(series) * _STRETCHES)
    return int(first[best]), int(last[best]), 1.0 - p


def _candidates(start: int, end: int) -> tuple[Ints, Ints]:
    """Stretches [first, last) of a part: any of moderate length inside, and any that touch an end."""
    length = end - start
    sizes = np.arange(_HOURS, min(_LONGEST, length - _HOURS) + 1)
    first = np.concatenate([np.arange(start, end - size + 1) for size in sizes])
    last = first + np.repeat(sizes, length - sizes + 1)
    edges = np.arange(start + _HOURS, end - _HOURS + 1)
    first = np.concatenate((first, np.full(len(edges), start), edges))
    last = np.concatenate((last, edges, np.full(len(edges), end)))
    # What is left over must be long enough for a level of its own, on each side that has anything.
    good = ((first == start) | (first - start >= _HOURS)) & ((last == end) | (end - last >= _HOURS))
    good &= last - first < length
    return first[good], last[good]


def _likelihood(bad: Floats, count: Ints | Floats) -> Floats:
    """Binomial log-likelihood at its maximum."""
    good = count - bad
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [np.where(each > 0, each * np.log(each / count), 0.0) for each in (bad, good)]
    likelihood: Floats = np.nan_to_num(parts[0] + parts[1])
    return likelihood


def _spread(series: Hours, rest: Floats) -> Floats:
    """Standard deviation of each hour: that of its hour of the day, larger where it has fewer votes than usual."""
    few = np.sqrt(np.maximum(1.0, np.median(series.votes) / series.votes))
    return spread_by_clock(series.hour % 24, rest / few) * few


def _student_tail(z: float, freedom: float) -> float:
    from scipy.special import stdtr

    return float(2 * stdtr(freedom, -z))


def _binomial_tail(bad: float, count: int, rest_bad: float, rest: int) -> float:
    """Two-sided chance of as extreme a stretch, if it failed like the rest (Jeffreys' estimate of that share)."""
    from scipy.special import bdtr, bdtrc

    share = (rest_bad + 0.5) / (rest + 1)
    low = float(bdtr(np.floor(bad), count, share))
    high = float(bdtrc(np.ceil(bad) - 1, count, share)) if bad > 0 else 1.0
    return min(1.0, 2 * min(low, high))
