"""Where pairs must go to see a late slowing, and whether they went there."""

from collections.abc import Callable

import pytest

from measurements.throttle.change import BEYOND, Ends, Slowdown, lasted, mark_of, needed, went_past
from measurements.throttle.flow import Flow
from measurements.throttle.pair import Pair

Flows = Callable[..., Flow]
USUAL = 400_000.0
CAP = 256_000

SECONDS = 20.0

ENDS: dict[str, tuple[Slowdown | None, Ends | None]] = {
    "a long flow that kept its speed changes nothing": (None, None),
    "a change within the usual flow needs no other": (Slowdown(100_000, 0.2, 5e5, 16e3), None),
    "a bucket emptied in a blink is passed by 256 kB": (
        Slowdown(1_000_000, 0.8, 1e6, 16e3),
        Ends(1_000_000 + BEYOND, 1_000_000 + BEYOND, SECONDS),
    ),
    "a rule of seconds needs flows that outlast it, though twice as fast as the long one": (
        Slowdown(1_350_000, 3.0, 4.5e5, 16e3),
        Ends(1_687_500, 3_150_000, 4.75),
    ),
    "or twice as fast as usual": (
        Slowdown(600_000, 3.0, 2e5, 16e3),
        Ends(750_000, 2_800_000, 4.75),
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_how_far_the_next_pairs_go(name: str) -> None:
    change, expected = ENDS[name]
    assert needed(change, CAP, USUAL, SECONDS) == expected


def test_a_pair_is_past_a_rule_of_seconds_if_both_flows_are(flow: Flows) -> None:
    mark = mark_of(Slowdown(1_100_000, 3.0, 4e5, 16e3))
    long, short = flow("target", rate=4e5, cap=2_200_000), flow(rate=9e5, cap=2_200_000)
    assert went_past(Pair(arm="helper", target=long, control=long), mark)
    assert not went_past(Pair(arm="helper", target=long, control=short), mark)
    assert not went_past(Pair(arm="helper", target=short, control=long), mark)


def test_a_pair_is_past_a_bucket_if_it_was_to_go_so_far(flow: Flows) -> None:
    mark = mark_of(Slowdown(1_000_000, 0.8, 1e6, 16e3))
    for cap, past in ((256_000, False), (1_256_000, True)):
        assert (
            went_past(Pair(arm="helper", target=flow("target", cap=cap), control=flow(cap=cap)), mark) is past
        )


def test_flows_that_ended_before_the_change_say_nothing_of_it(flow: Flows) -> None:
    change = Slowdown(1_100_000, 3.0, 4e5, 16e3)
    short, long = flow("target", rate=1e6, cap=1_356_000), flow("target", rate=4e5, cap=1_356_000)
    assert not lasted([short, short, long], change)
    assert lasted([short, long], change)
