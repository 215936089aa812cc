"""The noise that a stretch is measured against, and the tails it is judged by."""

import numpy as np
import pytest

from analysis.changes.series import Hours
from analysis.changes.split import _binomial_tail, _variance, noise


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
