"""The blind cadence: the same shape every day."""

import random
from datetime import datetime, timedelta

import pytest

from vantage.cadence import DAY_MEAN, EVENING_MEAN, mean_gap, next_gap


@pytest.mark.parametrize(
    ("hour", "mean"), [(3, DAY_MEAN), (17, DAY_MEAN), (18, EVENING_MEAN), (23, EVENING_MEAN)]
)
def test_evenings_are_denser_on_every_day_of_the_year(hour: int, mean: float) -> None:
    start = datetime(2026, 1, 1, hour)  # noqa: DTZ001 - local time is what the cadence looks at
    assert {mean_gap(start + timedelta(days=day)) for day in range(365)} == {mean}


def test_gaps_are_spread_but_never_leave_an_evening_unseen() -> None:
    draw = random.Random(1).expovariate
    evening = datetime(2026, 1, 1, 20)  # noqa: DTZ001
    gaps = [next_gap(evening, draw) for _ in range(2000)]
    assert min(gaps) >= 0.2 * EVENING_MEAN
    assert max(gaps) <= 2.5 * EVENING_MEAN
    assert len(set(gaps)) > 1000
