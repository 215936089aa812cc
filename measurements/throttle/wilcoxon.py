"""Exact one-sided rank tests by dynamic programming; no normal approximation, ties and zeros included.

Wilcoxon, Individual comparisons by ranking methods (1945); Pratt, Remarks on zeros and ties in the Wilcoxon signed rank
procedures (1959): zeros are ranked, then left out. Mann and Whitney (1947) for two samples.
"""

from collections.abc import Sequence
from functools import lru_cache


def doubled_midranks(values: Sequence[float]) -> list[int]:
    """Twice the midrank of each value (ties share the mean of their ranks, so twice it is whole)."""
    order = sorted(values)
    first: dict[float, int] = {}
    count: dict[float, int] = {}
    for position, value in enumerate(order, start=1):
        first.setdefault(value, position)
        count[value] = count.get(value, 0) + 1
    return [2 * first[value] + count[value] - 1 for value in values]


# Without ties there is one list of ranks for each number of pairs, and most of a session's tests are without ties.
@lru_cache(maxsize=256)
def _sign_flip_counts(ranks: tuple[int, ...]) -> list[int]:
    """`counts[w]` = number of the 2**n sign choices whose positive ranks sum to w; `ranks` in order."""
    counts = [1]
    for rank in ranks:
        longer = counts + [0] * rank
        for index, ways in enumerate(counts):
            longer[index + rank] += ways
        counts = longer
    return counts


def signed_rank_p(differences: Sequence[float]) -> float:
    """P(sum of positive ranks <= the observed one) if each sign were a fair coin: small when differences are below 0.

    1.0 when there is nothing to test (no differences, or all zero).
    """
    ranks = doubled_midranks([abs(value) for value in differences])
    ranked = [(rank, value) for rank, value in zip(ranks, differences, strict=True) if value != 0]
    observed = sum(rank for rank, value in ranked if value > 0)
    counts = _sign_flip_counts(tuple(sorted(rank for rank, _ in ranked)))
    return sum(counts[: observed + 1]) / float(2 ** len(ranked))


@lru_cache(maxsize=256)
def signed_rank_bound(n: int, alpha: float) -> int:
    """Largest k with P(W <= k - 1) <= alpha for n untied differences; 0 where n is too small for any."""
    return _largest(_sign_flip_counts(tuple(range(1, n + 1))), alpha)


@lru_cache(maxsize=256)
def mann_whitney_bound(m: int, n: int, alpha: float) -> int:
    """Largest k with P(U <= k - 1) <= alpha for samples of m and n; 0 where they are too small for any."""
    return _largest(list(_arrangements(m, n)), alpha)


@lru_cache(maxsize=4096)
def _arrangements(m: int, n: int) -> tuple[int, ...]:
    """`result[u]` = number of arrangements of m and n values with U = u: the last value is one of m, or one of n."""
    if m == 0 or n == 0:
        return (1,)
    counts = [0] * (m * n + 1)
    for u, ways in enumerate(_arrangements(m - 1, n)):
        counts[u + n] += ways
    for u, ways in enumerate(_arrangements(m, n - 1)):
        counts[u] += ways
    return tuple(counts)


def _largest(counts: Sequence[int], alpha: float) -> int:
    total, below = sum(counts), 0
    for k, ways in enumerate(counts):
        below += ways
        if below > alpha * total:
            return k
    return len(counts)
