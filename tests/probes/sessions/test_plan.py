"""What sessions may take from third parties."""

from probes.sessions.pairs import Ledger
from probes.sessions.plan import FOREIGN_BUDGET, Plan, plan_for


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
