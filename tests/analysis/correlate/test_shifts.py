"""How wide a statistic spreads, by the number of votes that its slots' levels were learnt from."""

import numpy as np
import pytest

from analysis.correlate.shifts import widening

# Name: (slot of each of four votes that weigh a quarter each, votes left in its slot, how much wider).
CASES = {
    "four windows of one slot, four other days": ([7, 7, 7, 7], [4, 4, 4, 4], np.sqrt(1 + 4 / 4)),
    "many other days": ([7, 7, 7, 7], [400, 400, 400, 400], np.sqrt(1 + 4 / 400)),
    "each window in a slot of its own": ([1, 2, 3, 4], [4, 4, 4, 4], np.sqrt(1 + 1 / 4)),
    "two weekends, two weekdays": ([1, 1, 2, 2], [2, 2, 20, 20], np.sqrt(1 + (2 / 2 + 2 / 20) / 2)),
}


@pytest.mark.parametrize(("slots", "left", "expected"), CASES.values(), ids=CASES.keys())
def test_few_other_days_make_a_statistic_wider(slots: list[int], left: list[int], expected: float) -> None:
    weight, row = np.full(4, 0.25), np.zeros(4, int)
    wider = widening(weight, row, np.array(slots), np.array(left, float), 1)
    assert wider == pytest.approx([expected])


def test_shifts_are_widened_each_by_its_own_votes() -> None:
    row, left = np.array([0, 0, 2]), np.array([2.0, 2.0, 1.0])
    wider = widening(np.array([0.5, 0.5, 1.0]), row, np.array([3, 3, 3]), left, 3)
    assert wider == pytest.approx([np.sqrt(2), 1.0, np.sqrt(2)])
