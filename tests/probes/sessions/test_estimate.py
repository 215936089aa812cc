"""How long a person may still have to wait."""

import pytest

from probes.sessions.estimate import Pace, blocks
from probes.sessions.plan import Plan

SPED_UP = Plan(interval=0, flow_seconds=4)


@pytest.mark.parametrize(("pairs", "with_noise"), [(0, 0), (1, 2), (3, 4), (10, 14), (18, 24)])
def test_every_fourth_block_is_a_noise_check(pairs, with_noise):
    assert blocks(pairs) == with_noise


@pytest.mark.parametrize(
    ("plan", "taken", "to_come", "elapsed", "left"),
    [
        pytest.param(SPED_UP, [], [2], 0, 8, id="before the first block a flow's longest time is taken"),
        pytest.param(SPED_UP, [1.0, 3.0], [5], 10, 10, id="then the mean of what blocks took"),
        pytest.param(SPED_UP, [2.0], [5, 5, 5], 10, 30, id="platforms without waits follow each other"),
        pytest.param(Plan(), [10.0], [5, 3], 10, 350, id="platforms with waits fill each other's"),
        pytest.param(Plan(), [10.0], [10] * 7, 10, 700, id="many platforms fill more than the waits"),
        pytest.param(Plan(), [10.0], [80], 3500, 100, id="no session is longer than an hour"),
        pytest.param(Plan(), [10.0], [1], 3700, 0, id="nor has it less than no time left"),
        pytest.param(Plan(), [10.0], [0, 0], 10, 0, id="all are over"),
    ],
)
def test_the_time_left(plan, taken, to_come, elapsed, left):
    assert Pace(plan, 0.0, taken).left(to_come, elapsed) == left
