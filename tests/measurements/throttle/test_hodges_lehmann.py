"""Estimates and bounds: what they are, and that they cover as often as they say."""

import random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.throttle.hodges_lehmann import one_sample, two_sample
from measurements.throttle.wilcoxon import signed_rank_p

numbers = st.floats(-20, 20, allow_nan=False)


@given(st.lists(numbers, min_size=1, max_size=18))
def test_the_estimate_is_the_median_of_the_walsh_averages(values: list[float]) -> None:
    walsh = [(values[i] + values[j]) / 2 for i in range(len(values)) for j in range(i, len(values))]
    assert one_sample(values).value == median(walsh)


@given(st.lists(st.integers(-1000, 1000), min_size=5, max_size=18, unique=True))
def test_a_bound_is_where_the_test_of_the_same_level_turns(values: list[int]) -> None:
    high = one_sample(values).high
    assert high is not None
    assert signed_rank_p([value - (high + 1e-6) for value in values]) <= 0.05
    assert signed_rank_p([value - (high - 1e-6) for value in values]) > 0.05


@pytest.mark.parametrize("count", range(1, 5))
def test_four_values_have_no_bound(count: int) -> None:
    assert one_sample([0.1 * i for i in range(count)])[1:] == (None, None)


def test_bounds_cover_as_often_as_they_say() -> None:
    draw = random.Random(11)
    samples = [[draw.gauss(0, 1) for _ in range(10)] for _ in range(2000)]
    missed = sum((one_sample(values).high or 0) < 0 for values in samples) / len(samples)
    assert 0.03 < missed < 0.06


def test_two_samples_shift_by_their_difference() -> None:
    shift = two_sample([1.0, 2.0, 3.0, 4.0, 5.0], [0.0, 1.0, 2.0])
    assert shift.value == 2.0
    assert shift.low is not None
    assert shift.low <= 2.0
    assert two_sample([1.0], [0.0]).low is None
