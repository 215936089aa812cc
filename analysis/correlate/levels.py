"""Additive effects (slot x day type + calendar day + vantage) by least squares, and their refit without some votes.

Refitting for thousands of shifted schedules is cheap because each leaves out only a few votes. Let `e` be the residuals
of the fit to all votes. The fit without the inside votes differs by corrections delta that solve the same normal
equations with the right-hand side `- sum of e over the inside votes`; cross terms over all votes are one matrix product,
those over the inside votes a sparse sum. A few sweeps (Gauss-Seidel over the factors) give them for all shifts at once.
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
    matrix = np.zeros((total, total))
    for row in columns:
        for column in columns:
            np.add.at(matrix, (row[use], column[use]), 1.0)
    right = np.zeros(total)
    for row in columns:
        right += np.bincount(row[use], value[use], minlength=total)
    present = np.diag(matrix) > 0
    solution = np.linalg.solve(matrix + _RIDGE * np.eye(total), right)
    return solution[columns].sum(axis=0), present[columns].all(axis=0)


@dataclass(frozen=True)
class Refit:
    """Residuals of inside votes from effects fitted without them; `usable` is false where a level vanished."""

    residual: Floats
    usable: Bools


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
        levels = [index[vote] for index in self.factors.index]
        cells = [row * size + level for size, level in zip(self.factors.size, levels, strict=True)]
        residual = self.residual[vote]
        left = [
            count - np.bincount(cell, minlength=rows * size).reshape(rows, size)
            for count, cell, size in zip(self._count, cells, self.factors.size, strict=True)
        ]
        base = [
            -np.bincount(cell, residual, minlength=rows * size).reshape(rows, size)
            for cell, size in zip(cells, self.factors.size, strict=True)
        ]
        delta = [np.zeros((rows, size)) for size in self.factors.size]
        for _ in range(_SWEEPS):
            moved = 0.0
            for one, size in enumerate(self.factors.size):
                others = [other for other in range(len(delta)) if other != one]
                right = base[one].copy()
                for other in others:
                    right -= delta[other] @ self._cross[other, one]
                inside = sum((delta[other].ravel()[cells[other]] for other in others), np.zeros(len(vote)))
                right += np.bincount(cells[one], inside, minlength=rows * size).reshape(rows, size)
                fresh = np.divide(right, left[one], out=np.zeros_like(right), where=left[one] > 0)
                moved = max(moved, float(np.abs(fresh - delta[one]).max(initial=0.0)))
                delta[one] = fresh
            if moved <= self._stop:
                break
        correction = sum((each.ravel()[cell] for each, cell in zip(delta, cells, strict=True)), np.zeros(len(vote)))
        usable = np.ones(len(vote), bool)
        for each, cell in zip(left, cells, strict=True):
            usable &= each.ravel()[cell] > 0
        return Refit(residual - correction, usable)
