"""What sessions may take from third parties."""

from measurements.throttle.thresholds import THRESHOLDS
from probes.sessions.pairs import Ledger
from probes.sessions.plan import FOREIGN_BUDGET, NOISE_EVERY, Plan, plan_for
from probes.sessions.runner import LONGEST


def test_a_third_party_s_bytes_are_set_aside_until_its_budget_is_full():
    ledger, need = Ledger(), plan_for(metered=True).foreign_need
    assert ledger.promise("wikipedia", need, FOREIGN_BUDGET)
    assert not ledger.promise("wikipedia", need, FOREIGN_BUDGET)
    assert ledger.promise("kernel", need, FOREIGN_BUDGET)


def test_what_was_taken_earlier_the_same_day_counts():
    ledger = Ledger()
    ledger.by_control["wikipedia"] = FOREIGN_BUDGET - 1
    assert not ledger.promise("wikipedia", 2, FOREIGN_BUDGET)


def test_a_first_look_fits_into_what_a_third_party_gives_a_day():
    assert Plan().foreign_need <= FOREIGN_BUDGET
    assert Plan(max_pairs=4).foreign_need < Plan().foreign_need


def test_a_first_look_comes_within_half_an_hour_whatever_the_waits():
    plan, pairs = Plan(), THRESHOLDS.looks[0]
    blocks = pairs + (pairs - 1) // (NOISE_EVERY - 1)
    assert blocks * (LONGEST * plan.interval + 2 * plan.flow_seconds) <= 30 * 60
