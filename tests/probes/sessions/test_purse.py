"""What a session may spend, and that a clear case on a metered line stays below its bounds whatever is drawn."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from measurements.targets import Helper
from measurements.throttle.flow import SHORT
from measurements.throttle.thresholds import THRESHOLDS
from probes.sessions.arms import helper_arm
from probes.sessions.pairs import Ledger, Size, size_of
from probes.sessions.plan import (
    BEFORE,
    BEFORE_BYTES,
    BEFORE_FOREIGN,
    METERED_BUDGET,
    METERED_CLEAR,
    METERED_PAIRS,
    NOISE_EVERY,
    OVERHEAD,
    WARM_UP_BYTES,
    Plan,
    plan_for,
)
from probes.sessions.purse import Purse

ARM = helper_arm(Helper(addresses=("192.0.2.1", "192.0.2.2"), sha256="ab" * 32), "one", "web", "one.example")
# Three arms' controls, and the first flow to each of five objects.
CONTROLS_FIRST = (2 * BEFORE + BEFORE_FOREIGN) * (BEFORE_BYTES + OVERHEAD) + 5 * (WARM_UP_BYTES + OVERHEAD)


def purse(plan: Plan, own: int = 0, day: int = 0) -> Purse:
    return Purse(plan, Ledger(total=day + own), Ledger(total=own))


def pay(purse: Purse, size: Size, overhead: int, pair: bool) -> None:
    cost = 2 * (size.cap_bytes + overhead)
    purse.own.total += cost
    purse.ledger.total += cost
    if pair:
        purse.pairs["helper"] += cost


@given(st.randoms(use_true_random=False), st.integers(0, OVERHEAD), st.integers(0, METERED_PAIRS // 4))
def test_a_clear_case_on_a_metered_line_keeps_its_bounds(
    random: Random, overhead: int, looked_up: int
) -> None:
    plan = plan_for(metered=True)
    spent = purse(plan, own=CONTROLS_FIRST + looked_up)
    pairs = blocks = 0
    while pairs < THRESHOLDS.looks[0]:
        blocks += 1
        size = size_of(ARM, plan, random, spent.longest("helper", pairs))
        noise = blocks % NOISE_EVERY == 0 and spent.affords(size, clear=True, decided=False)
        pay(spent, size, overhead, pair=not noise)
        pairs += not noise
    side_by_side = Size(cap_bytes=plan.flow_bytes, cap_seconds=10)
    while spent.affords(side_by_side, clear=True, decided=True):
        pay(spent, side_by_side, overhead, pair=False)
    assert spent.pairs["helper"] <= METERED_PAIRS
    assert spent.own.total <= METERED_CLEAR


def test_pairs_that_cost_more_than_their_share_make_the_next_ones_shorter() -> None:
    spent = purse(plan_for(metered=True))
    first = spent.longest("helper", 0)
    spent.pairs["helper"] += METERED_PAIRS // 2
    assert SHORT <= spent.longest("helper", 1) < first
    spent.pairs["helper"] = METERED_PAIRS
    assert spent.longest("helper", 5) == SHORT
    assert spent.longest("helper", THRESHOLDS.looks[0]) == plan_for(metered=True).flow_bytes


def test_where_data_is_free_every_flow_may_have_its_length() -> None:
    assert purse(Plan()).longest("helper", 0) == Plan().flow_bytes


def test_a_case_that_is_not_clear_is_bounded_by_the_day_alone() -> None:
    plan, size = plan_for(metered=True), Size(cap_bytes=200_000, cap_seconds=10)
    full = purse(plan, own=METERED_CLEAR)
    assert not full.affords(size, clear=True, decided=True)
    assert full.affords(size, clear=False, decided=True)
    assert not purse(plan, day=METERED_BUDGET).affords(size, clear=False, decided=True)


def test_another_pair_must_fit_into_the_day() -> None:
    assert purse(Plan(), day=Plan().budget - 2 * Plan().flow_bytes).holds_pair(ARM)
    assert not purse(Plan(), day=Plan().budget - 2 * Plan().flow_bytes + 1).holds_pair(ARM)
