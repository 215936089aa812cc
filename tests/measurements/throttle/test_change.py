"""Where pairs must go to see a late slowing, and whether they went there."""

from collections.abc import Callable

import pytest

from measurements.throttle.change import BEYOND, Slowdown, lasted, needed_cap
from measurements.throttle.flow import Flow

Flows = Callable[..., Flow]
USUAL = 400_000.0
CAP = 256_000

CAPS: dict[str, tuple[Slowdown | None, int]] = {
    "a long flow that kept its speed changes nothing": (None, CAP),
    "a change within the usual flow needs no other": (Slowdown(100_000, 0.2, 5e5, 16e3), CAP),
    "a bucket emptied in a blink is passed by 256 kB": (
        Slowdown(1_000_000, 0.8, 1e6, 16e3),
        1_000_000 + BEYOND,
    ),
    "a rule of seconds needs flows that last as long": (
        Slowdown(1_100_000, 3.0, 4e5, 16e3),
        1_500_000 + BEYOND,
    ),
    "but no more than twice the bytes": (Slowdown(500_000, 3.0, 16e4, 16e3), 1_000_000 + BEYOND),
}


@pytest.mark.parametrize("name", CAPS)
def test_how_far_the_next_pairs_go(name: str) -> None:
    change, expected = CAPS[name]
    assert needed_cap(change, CAP, USUAL) == expected


def test_flows_that_ended_before_the_change_say_nothing_of_it(flow: Flows) -> None:
    change = Slowdown(1_100_000, 3.0, 4e5, 16e3)
    short, long = flow("target", rate=1e6, cap=1_356_000), flow("target", rate=4e5, cap=1_356_000)
    assert not lasted([short, short, long], change)
    assert lasted([short, long], change)
