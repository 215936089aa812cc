"""The variance of means that is fitted to a noise, against that of the noise itself."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.signal import lfilter

from analysis.changes.noise import variance_of_means
from analysis.correlate.types import Floats


def slow(memory: float, seed: int, count: int = 6000) -> Floats:
    """AR(1) noise of unit variance."""
    given = np.random.default_rng(seed).normal(0, np.sqrt(1 - memory**2), count + 500)
    series: Floats = lfilter([1], [1, -memory], given)[500:]
    return series


def by_day(seed: int, count: int = 6000) -> Floats:
    """A level of its own on each day, of unit variance."""
    return np.repeat(np.random.default_rng(seed).normal(0, 1, count // 24), 24)


NOISES = {
    "white": lambda seed: slow(0.0, seed),
    "one that remembers": lambda seed: slow(0.6, seed),
    "one that remembers long": lambda seed: slow(0.9, seed),
    "white on top of slow": lambda seed: 0.8 * slow(0.0, seed) + 0.6 * slow(0.9, seed),
    "white on top of days": lambda seed: 0.9 * slow(0.0, seed) + 0.44 * by_day(seed + 100),
    "with a fortnight of another level": lambda seed: slow(0.6, seed) - 3.0 * (np.arange(6000) < 336),
}


@pytest.mark.parametrize("size", [3, 12, 48])
@pytest.mark.parametrize("make", NOISES.values(), ids=NOISES.keys())
def test_variance_of_means_of_known_noises(make: Callable[[int], Floats], size: int) -> None:
    """Known by many series; what is fitted to one of them is within a third, in the middle of seven."""
    series = [make(seed) for seed in range(7)]
    quiet = [each[336:] for each in series]  # without the other level
    true = np.mean(
        [np.var(each[: len(each) // size * size].reshape(-1, size).mean(axis=1)) for each in quiet]
    )
    assert np.median([variance_of_means(each)[size] for each in series]) == pytest.approx(true, rel=0.33)


def test_by_hand_for_white_noise() -> None:
    assert variance_of_means(slow(0.0, 1))[[1, 4, 100]] == pytest.approx([1.0, 0.25, 0.01], rel=0.2)


@pytest.mark.parametrize("rest", [np.zeros(100), np.array([1.0]), np.tile([1.0, -1.0], 50)])
def test_never_less_than_white_noise(rest: Floats) -> None:
    variance = variance_of_means(rest)
    assert len(variance) == len(rest) + 1
    assert (variance[1:] >= 1 / np.arange(1, len(rest) + 1)).all()
