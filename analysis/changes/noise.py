"""How much means of some hours in a row vary by chance."""

import numpy as np

from analysis.correlate.types import Floats, Ints

# Lengths of the blocks, in hours, whose means tell the noise; each must fit into the series so many times.
_BLOCKS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48)
_BLOCKS_APART = 15
# Memories of the noise's parts (AR(1) coefficients of hours): none, about 1.5, 4.5 and 20 hours.
_MEMORIES = (0.0, 0.5, 0.8, 0.95)
# Within one standard deviation of the middle.
_CENTRAL = 0.1587, 0.8413
_LEAST = 1e-9


def variance_of_means(rest: Floats) -> Floats:
    """Variance of the mean of n hours in a row, for n = 0, 1, 2 ..., of standardised hours without changes.

    Fitted to the variances of means over blocks of several lengths (overlapping batch means, Meketon and Schmeiser
    1984) as a sum of AR(1) noises of fixed memories: the noise of lines is white, slow and daily at once.
    """
    from scipy.optimize import nnls

    count = len(rest)
    total = np.concatenate(([0.0], np.cumsum(rest)))
    sizes = np.array([size for size in _BLOCKS if size == 1 or size * _BLOCKS_APART <= count])
    seen = np.array([_central_variance((total[size:] - total[:-size]) / size) for size in sizes])
    every = np.arange(1, count + 1)
    parts = np.stack([_variance(every, memory) for memory in _MEMORIES], axis=1)
    # Errors are relative, and smaller the more blocks there are.
    trust = np.sqrt(count / sizes) / np.maximum(seen, _LEAST)
    share, _ = nnls(parts[sizes - 1] * trust[:, None], seen * trust)
    # Less than white noise would be an artefact.
    return np.concatenate(([np.inf], np.maximum(parts @ share, 1 / every)))


def _central_variance(values: Floats) -> float:
    """Variance of a normal distribution with the same central two thirds: a change of level hardly touches them."""
    low, high = np.quantile(values, _CENTRAL)
    return float(((high - low) / 2) ** 2)


def _variance(size: Ints, memory: float) -> Floats:
    """Variance of the mean of `size` hours of AR(1) noise of unit variance."""
    ratio = (1 + memory) / (1 - memory)
    ends = 2 * memory * (1 - memory ** size.astype(np.float64)) / (size * (1 - memory) ** 2)
    variance: Floats = (ratio - ends) / size
    return variance
