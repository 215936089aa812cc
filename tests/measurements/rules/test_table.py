"""The table itself: ids unique, facts named right, a comment on each row, the catch-all last."""

import pytest

from measurements.rules.facts import EndpointFacts
from measurements.rules.quic import QuicFacts
from measurements.rules.table import ENDPOINT_RULES, QUIC_RULES, Rule
from measurements.verdicts import WORST_FIRST

TABLES = [(ENDPOINT_RULES, EndpointFacts), (QUIC_RULES, QuicFacts)]


@pytest.mark.parametrize(("rules", "facts"), TABLES, ids=["endpoint", "quic"])
def test_every_condition_names_a_fact(rules: tuple[Rule, ...], facts: type) -> None:
    assert all(set(rule.when) <= set(facts.__annotations__) for rule in rules)


@pytest.mark.parametrize(("rules", "facts"), TABLES, ids=["endpoint", "quic"])
def test_the_catch_all_is_last_and_alone(rules: tuple[Rule, ...], facts: type) -> None:
    assert [rule.id for rule in rules if not rule.when] == [rules[-1].id]


def test_ids_are_unique_and_rows_are_commented() -> None:
    everything = [*ENDPOINT_RULES, *QUIC_RULES]
    assert len({rule.id for rule in everything}) == len(everything)
    assert all(rule.comment and rule.reason for rule in everything)
    assert {rule.verdict for rule in everything} <= set(WORST_FIRST)
