"""When sentinels start a session."""

from collections.abc import Callable

import pytest

from measurements.throttle.pair import Pair
from measurements.throttle.sentinel import sentinel_ratio, starts_session

CASES: dict[str, tuple[list[float | None], bool]] = {
    "three of the last four slow": ([0.1, 1.0, 0.2, 0.3], True),
    "two of the last four slow": ([0.1, 1.0, 0.9, 0.3], False),
    "older ones are forgotten": ([0.1, 0.1, 0.1, 1.0, 1.0, 0.1], False),
    "three are enough to begin": ([0.1, 0.1, 0.1], True),
    "two are not": ([0.1, 0.1], False),
    "a sentinel without a ratio is not slow": ([0.1, None, None, 0.1], False),
    "exactly half is not below half": ([0.5, 0.5, 0.5, 0.5], False),
    "none yet": ([], False),
}


@pytest.mark.parametrize("name", CASES)
def test_sentinels(name: str) -> None:
    ratios, expected = CASES[name]
    assert starts_session(ratios) is expected


def test_a_sentinel_is_a_pair_that_counts(pairs: Callable[..., tuple[Pair, ...]]) -> None:
    ratio = sentinel_ratio(pairs(1)[0])
    assert ratio is not None
    assert ratio < 0.5
    assert sentinel_ratio(pairs(1, of_control={"failure": "connection_reset"})[0]) is None
