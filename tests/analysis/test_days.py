"""Days joined into batches."""

import pytest

from analysis.days import batches

CASES = {
    "small days go together, up to the limit": ([(1, 4), (2, 4), (3, 4)], [[1, 2], [3]]),
    "a large day stands alone": ([(1, 1), (2, 50), (3, 1)], [[1], [2], [3]]),
    "no days, no batches": ([], []),
}


@pytest.mark.parametrize(("days", "expected"), CASES.values(), ids=CASES.keys())
def test_batches(days: list[tuple[int, int]], expected: list[list[int]]) -> None:
    assert list(batches(days, 8)) == expected
