"""Where a result belongs in time."""

import pytest

from collector.clock import SECOND, Placed, offset, place

NOW = 1_000_000 * SECOND
HOUR = 3600 * SECOND


@pytest.mark.parametrize(
    ("raw", "behind", "placed"),
    [
        pytest.param(NOW - HOUR, 0, Placed(NOW - HOUR), id="a right clock"),
        pytest.param(NOW - HOUR, 200 * SECOND, Placed(NOW - HOUR), id="a few minutes are the way's fault"),
        pytest.param(NOW - 9 * HOUR, 8 * HOUR, Placed(NOW - HOUR, True), id="a slow clock is corrected"),
        pytest.param(NOW + 7 * HOUR, -8 * HOUR, Placed(NOW - HOUR, True), id="a fast clock is corrected"),
        pytest.param(
            NOW - HOUR, 8 * HOUR, Placed(NOW - HOUR), id="a clock set back after measuring: raw time stands"
        ),
        pytest.param(NOW + HOUR, 0, Placed(NOW + HOUR, False, "future"), id="the future is set aside"),
        pytest.param(NOW + HOUR, None, Placed(NOW + HOUR, False, "future"), id="by hand too"),
        pytest.param(NOW + HOUR, 2 * HOUR, Placed(NOW + HOUR, False, "future"), id="future by any clock"),
        pytest.param(NOW - 1000 * HOUR, None, Placed(NOW - 1000 * HOUR), id="carried by hand for weeks"),
        pytest.param(
            NOW + 500 * SECOND, 0, Placed(NOW + 500 * SECOND), id="ten minutes of drift are allowed"
        ),
    ],
)
def test_where_a_result_belongs(raw: int, behind: int | None, placed: Placed) -> None:
    assert place(raw, behind, NOW) == placed


def test_a_batch_carried_by_hand_says_nothing_of_the_clock() -> None:
    assert offset(NOW - HOUR, NOW, carried=True) is None
    assert offset(NOW - HOUR, NOW, carried=False) == HOUR
