"""The rank tests against scipy, and against counting every sign by hand where scipy has no exact answer."""

from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from measurements.throttle.wilcoxon import (
    doubled_midranks,
    mann_whitney_bound,
    signed_rank_bound,
    signed_rank_p,
)

untied = st.lists(st.integers(-10_000, 10_000).filter(bool), min_size=1, max_size=18, unique_by=abs)


@given(untied)
@settings(deadline=None)
def test_without_ties_it_is_scipys_exact_test(values: list[int]) -> None:
    expected = stats.wilcoxon(values, alternative="less", method="exact").pvalue
    assert signed_rank_p(values) == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=9))
@settings(deadline=None, max_examples=60)
def test_with_ties_and_zeros_it_counts_every_sign_choice(values: list[int]) -> None:
    ranks = doubled_midranks([abs(value) for value in values])
    ranked = [(rank, value) for rank, value in zip(ranks, values, strict=True) if value]
    observed = sum(rank for rank, value in ranked if value > 0)
    choices = list(product((0, 1), repeat=len(ranked)))
    hits = sum(
        sum(rank * sign for (rank, _), sign in zip(ranked, signs, strict=True)) <= observed
        for signs in choices
    )
    assert signed_rank_p(values) == pytest.approx(hits / len(choices))


@given(st.lists(st.integers(-5, 5), max_size=30))
def test_midranks_are_scipys(values: list[int]) -> None:
    assert doubled_midranks(values) == [round(2 * rank) for rank in stats.rankdata(values)]


def test_ten_of_ten_slower_reaches_the_first_looks_alpha_and_nine_never_do() -> None:
    assert signed_rank_p([-1.0 - i for i in range(10)]) == 1 / 1024
    assert signed_rank_p([-1.0 - i for i in range(9)]) > 0.001


def test_nothing_to_test_is_no_evidence() -> None:
    assert signed_rank_p([]) == 1.0
    assert signed_rank_p([0.0, 0.0]) == 1.0


@pytest.mark.parametrize("n", range(1, 16))
def test_the_signed_rank_bound_is_the_largest_that_keeps_the_level(n: int) -> None:
    sums = sorted(
        sum(rank for rank, sign in zip(range(1, n + 1), signs, strict=True) if sign)
        for signs in product((0, 1), repeat=n)
    )
    k = signed_rank_bound(n, 0.05)
    assert sum(value <= k - 1 for value in sums) <= 0.05 * len(sums)
    assert sum(value <= k for value in sums) > 0.05 * len(sums)


@pytest.mark.parametrize(("m", "n"), [(1, 1), (3, 3), (3, 10), (5, 4), (3, 18)])
def test_the_mann_whitney_bound_is_the_largest_that_keeps_the_level(m: int, n: int) -> None:
    values = [sum(chosen) - m * (m + 1) // 2 for chosen in combinations(range(1, m + n + 1), m)]
    k = mann_whitney_bound(m, n, 0.05)
    assert sum(value <= k - 1 for value in values) <= 0.05 * len(values)
    assert sum(value <= k for value in values) > 0.05 * len(values)
