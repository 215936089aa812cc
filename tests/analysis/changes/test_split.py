"""The noise that a stretch is measured against, and the tails it is judged by."""

import numpy as np
import pytest

from analysis.changes.series import Hours
from analysis.changes.split import Piece, _binomial_tail, _variance, _without_doubtful, failure_test, noise


def series(memory: float, spread: float, count: int = 4000) -> Hours:
    rng = np.random.default_rng(5)
    value = np.zeros(count)
    for index in range(1, count):
        value[index] = memory * value[index - 1] + rng.normal(0, spread * np.sqrt(1 - memory**2))
    return Hours(np.arange(count), value, np.ones(count, dtype=np.int64))


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.8])
def test_spread_and_memory_of_known_noise_are_found(memory: float) -> None:
    spread, found = noise(series(memory, 0.3))
    assert np.median(spread) == pytest.approx(0.3, rel=0.15)
    assert found == pytest.approx(memory, abs=0.12)


def test_variance_of_a_mean_with_memory() -> None:
    # By hand for two hours: (1 + memory) / 2.
    assert _variance(np.array([1, 2]), 0.6).tolist() == pytest.approx([1.0, 0.8])


def test_binomial_tail_against_the_sum_by_hand() -> None:
    # Share of the rest by Jeffreys: .5 / 10 = .05; P(X >= 3 of 3) = .05**3, two-sided.
    assert _binomial_tail(3, 3, 0, 9) == pytest.approx(2 * 0.05**3)


def test_a_piece_that_is_no_other_than_the_one_before_is_made_one_with_it() -> None:
    value = np.concatenate((np.zeros(100), np.ones(12), np.zeros(100), [0.0, 1.0]))
    hours = Hours(np.arange(len(value)), value, np.ones(len(value), dtype=np.int64))
    pieces = [Piece(0, 100, None), Piece(100, 112, 1.0), Piece(112, 212, 1.0), Piece(212, 214, 1.0)]
    left = _without_doubtful(pieces, failure_test(hours), 0.99)
    assert [(piece.first, piece.last) for piece in left] == [(0, 100), (100, 112), (112, 214)]
