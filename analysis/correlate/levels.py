"""Additive effects (slot x day type + calendar day + vantage) by least squares, and their refit without some votes.

Refitting for thousands of shifted schedules is cheap because each leaves out only a few votes. Let `e` be the
residuals of the fit to all votes. The fit without the inside votes differs by corrections delta that solve the same
normal equations with the right-hand side `- sum of e over the inside votes`; cross terms over all votes are one matrix
product, those over the inside votes a sparse sum. A few sweeps (Gauss-Seidel over the factors) give them for all
shifts at once.
"""

from dataclasses import dataclass

import numpy as np

from analysis.correlate.types import Bools, Floats, Ints

# Ridge on the normal equations: the factors overlap (each holds the mean), so their matrix is singular.
_RIDGE = 1e-6
# Sweeps of the refit, and where it stops, in standard deviations of the residuals.
_SWEEPS = 30
_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Factors:
    """Level index of each vote in each factor, and the number of levels."""

    index: tuple[Ints, ...]
    size: tuple[int, ...]

    @classmethod
    def of(cls, *columns: Ints) -> "Factors":
        """Factors from label columns; labels are renumbered without gaps."""
        packed = [np.unique(column, return_inverse=True) for column in columns]
        return cls(
            tuple(codes.astype(np.int64).ravel() for _, codes in packed),
            tuple(len(labels) for labels, _ in packed),
        )


def fit(factors: Factors, value: Floats, which: Bools | None = None) -> tuple[Floats, Bools]:
    """Predictions for every vote from the votes in `which` (all by default), and whether each could be predicted.

    A vote can be predicted if each of its levels holds at least one vote of `which`.
    """
    use = np.ones(len(value), bool) if which is None else which
    offsets = np.concatenate(([0], np.cumsum(factors.size)))
    columns = np.stack([index + offset for index, offset in zip(factors.index, offsets[:-1], strict=True)])
    total = int(offsets[-1])
    pairs = sum(
        np.bincount(row[use] * total + column[use], minlength=total**2)
        for row in columns
        for column in columns
    )
    matrix = np.asarray(pairs, dtype=np.float64).reshape(total, total)
    right = np.zeros(total)
    for row in columns:
        right += np.bincount(row[use], value[use], minlength=total)
    present = np.diag(matrix) > 0
    solution = np.linalg.solve(matrix + _RIDGE * np.eye(total), right)
    return solution[columns].sum(axis=0), present[columns].all(axis=0)


@dataclass(frozen=True)
class Refit:
    """Residuals of inside votes from effects fitted without them; `usable` is false where a level vanished.

    `left` is the number of votes that the level of each in the first factor rests on.
    """

    residual: Floats
    usable: Bools
    left: Floats


class Refitter:
    """Fits once to all votes, then gives residuals of the votes inside shifted windows, fitted without those votes."""

    def __init__(self, factors: Factors, value: Floats) -> None:
        self.factors = factors
        predicted, _ = fit(factors, value)
        self.residual = value - predicted
        self._count = [
            np.bincount(index, minlength=size).astype(np.float64)
            for index, size in zip(factors.index, factors.size, strict=True)
        ]
        self._cross = {
            (one, other): self._pairs(one, other)
            for one in range(len(factors.size))
            for other in range(len(factors.size))
            if one != other
        }
        self._stop = _TOLERANCE * float(np.std(self.residual))

    def _pairs(self, one: int, other: int) -> Floats:
        shape = self.factors.size[one], self.factors.size[other]
        flat = self.factors.index[one] * shape[1] + self.factors.index[other]
        return np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)

    def without(self, row: Ints, vote: Ints, rows: int) -> Refit:
        """For each of `rows` shifts, leave out its inside votes: entry i says vote[i] is inside in shift row[i]."""
        sizes = self.factors.size
        cells = [row * size + index[vote] for size, index in zip(sizes, self.factors.index, strict=True)]
        residual = self.residual[vote]
        left = [
            count - _sums(cell, rows, size)
            for count, cell, size in zip(self._count, cells, sizes, strict=True)
        ]
        right = [-_sums(cell, rows, size, residual) for cell, size in zip(cells, sizes, strict=True)]
        delta = [np.zeros((rows, size)) for size in sizes]
        for _ in range(_SWEEPS):
            if self._sweep(delta, left, right, cells) <= self._stop:
                break
        correction = sum(
            (_at(each, cell) for each, cell in zip(delta, cells, strict=True)), np.zeros(len(vote))
        )
        held = [_at(each, cell) for each, cell in zip(left, cells, strict=True)]
        return Refit(residual - correction, np.all([each > 0 for each in held], axis=0), held[0])

    def _sweep(
        self, delta: list[Floats], left: list[Floats], right: list[Floats], cells: list[Ints]
    ) -> float:
        """Solve for one factor after the other, the others held; gives the largest change."""
        moved = 0.0
        for one, (count, cell) in enumerate(zip(left, cells, strict=True)):
            others = [other for other in range(len(delta)) if other != one]
            total = sum((delta[other] @ self._cross[other, one] for other in others), np.zeros(count.shape))
            inside = sum((_at(delta[other], cells[other]) for other in others), np.zeros(len(cell)))
            open_ = right[one] - total + _sums(cell, len(count), count.shape[1], inside)
            fresh = np.divide(open_, count, out=np.zeros(count.shape), where=count > 0)
            moved = max(moved, float(np.abs(fresh - delta[one]).max(initial=0.0)))
            delta[one] = fresh
        return moved


def _sums(cell: Ints, rows: int, size: int, weight: Floats | None = None) -> Floats:
    """Sums (or counts) of entries per row and level, as [rows, size]."""
    sums: Floats = np.bincount(cell, weight, minlength=rows * size).reshape(rows, size).astype(np.float64)
    return sums


def _at(values: Floats, cell: Ints) -> Floats:
    """Value of each entry's row and level."""
    picked: Floats = values.ravel()[cell]
    return picked
