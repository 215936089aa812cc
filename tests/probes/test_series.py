"""The course of a flow, kept short."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.series import Prefixes, Series

CAP, SECONDS = 512 * 1024, 10.0


def feed(reads: list[tuple[float, int]], cap: int = CAP, seconds: float = SECONDS) -> Series:
    series = Series(cap, seconds)
    for time, size in reads:
        series.add(time, size)
    return series


def even(rate: float, seconds: float, piece: int) -> list[tuple[float, int]]:
    return [(index * piece / rate, piece) for index in range(int(seconds * rate / piece) + 1)]


@pytest.mark.parametrize(
    ("reads", "most"),
    [
        pytest.param(even(1e8, 0.005, 1460), 140, id="a fast flow"),
        pytest.param(even(16_000, 10, 1460), 140, id="a policed flow with a wait before each packet"),
        pytest.param(even(125, 10, 25), 140, id="one kilobit a second"),
        pytest.param(
            [(n * 0.2, 20_000) for n in range(50)], 260, id="a flow that stalls between every two reads"
        ),
    ],
)
def test_a_flow_is_kept_in_few_points(reads, most):
    series = feed(reads)
    series.end(SECONDS)
    assert 2 <= len(series.times) <= most
    assert series.sizes[-1] == sum(size for _, size in reads)


def test_both_sides_of_a_stall_are_kept():
    series = feed([(0.0, 1000), (0.001, 10), (0.002, 10), (3.0, 10), (3.001, 10)])
    assert (0.002, 1020) in zip(series.times, series.sizes, strict=True)
    assert (3.0, 1030) in zip(series.times, series.sizes, strict=True)
    assert series.longest_gap == pytest.approx(2.998)


def test_the_wait_at_the_end_counts_as_a_gap():
    series = feed([(0.0, 100), (1.0, 100)])
    series.end(9.0)
    assert series.longest_gap == 8.0
    assert series.times[-1] == 1.0


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 9000)), min_size=1, max_size=300))
def test_times_and_sizes_grow_and_no_point_is_far_from_the_truth(gaps):
    reads, now = [], 0.0
    for gap, size in gaps:
        now += gap
        reads.append((now, size))
    series = feed(reads)
    series.end(now)
    assert series.times == sorted(series.times)
    assert all(a < b for a, b in zip(series.sizes, series.sizes[1:], strict=False))
    largest = max(size for _, size in reads)
    steps = zip(series.sizes, series.sizes[1:], strict=False)
    assert all(b - a < CAP / 128 + largest for a, b in steps)


@given(st.binary(min_size=1, max_size=20_000), st.integers(1, 5000))
def test_prefixes_do_not_depend_on_how_the_reads_fell(data, piece):
    prefixes = Prefixes()
    for start in range(0, len(data), piece):
        prefixes.add(data[start : start + piece])
    expected = [(n, hashlib.sha256(data[:n]).hexdigest()) for n in (1024, 4096, 16384) if n <= len(data)]
    assert prefixes.found == expected


@pytest.mark.parametrize(
    ("reads", "tight"),
    [
        pytest.param(even(16_000, 7, 1460), True, id="an even slow flow after seven seconds"),
        pytest.param(even(16_000, 5, 1460), False, id="not before six seconds"),
        pytest.param(even(5_000, 9, 1460), False, id="not with less than 64 kB"),
        pytest.param(
            [(n / 10, 3000 if n % 20 < 10 else 300) for n in range(80)], False, id="not while the rate swings"
        ),
    ],
)
def test_a_flow_whose_rate_is_known_ends_early(reads, tight):
    assert feed(reads).tight(reads[-1][0]) is tight
