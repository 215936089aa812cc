"""The tails that a stretch is judged by, and doubtful pieces."""

import numpy as np
import pytest

from analysis.changes.series import Hours
from analysis.changes.split import Piece, _binomial_tail, _without_doubtful, failure_test


def test_binomial_tail_against_the_sum_by_hand() -> None:
    # Share of the rest by Jeffreys: .5 / 10 = .05; P(X >= 3 of 3) = .05**3, two-sided.
    assert _binomial_tail(3, 3, 0, 9) == pytest.approx(2 * 0.05**3)


def test_a_piece_that_is_no_other_than_the_one_before_is_made_one_with_it() -> None:
    value = np.concatenate((np.zeros(100), np.ones(12), np.zeros(100), [0.0, 1.0]))
    hours = Hours(np.arange(len(value)), value, value, np.ones(len(value), dtype=np.int64))
    pieces = [Piece(0, 100, None), Piece(100, 112, 1.0), Piece(112, 212, 1.0), Piece(212, 214, 1.0)]
    left = _without_doubtful(pieces, failure_test(hours), 0.99)
    assert [(piece.first, piece.last) for piece in left] == [(0, 100), (100, 112), (112, 214)]
