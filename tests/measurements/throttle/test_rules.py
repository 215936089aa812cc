"""The tables themselves: ids, reasons, thresholds, and that the documentation names them all."""

from pathlib import Path

import pytest

from measurements.throttle.family import FAMILY_RULES
from measurements.throttle.reasons import NOTES, REASONS
from measurements.throttle.rules import RULES
from measurements.throttle.series import NO_SIGN
from measurements.throttle.thresholds import TABLE, THRESHOLDS

DOCUMENT = (Path(__file__).parents[3] / "docs" / "throttling.md").read_text()


def test_ids_are_unique() -> None:
    for rules in (RULES, FAMILY_RULES):
        ids = [rule.id for rule in rules]
        assert len(ids) == len(set(ids))


def test_every_rule_says_why() -> None:
    assert all(rule.comment for rule in (*RULES, *FAMILY_RULES))


def test_every_inconclusive_rule_has_a_reason_in_words() -> None:
    arm_reasons = {rule.reason for rule in RULES if rule.verdict == "inconclusive"}
    family_reasons = {rule.reason for rule in FAMILY_RULES if rule.reason}
    assert None not in arm_reasons
    assert arm_reasons | family_reasons | {NO_SIGN} == set(REASONS)


def test_throttled_rules_name_their_stage() -> None:
    assert {rule.stage for rule in RULES if rule.verdict == "throttled"} == {"transfer", "tls"}


def test_the_slow_line_comes_before_any_other_rule() -> None:
    assert RULES[0].id == "slow_line"
    assert RULES[-1].id == "straddles"
    assert FAMILY_RULES[-1].id == "not_throttled"


def test_the_alphas_sum_to_the_design() -> None:
    assert sum(THRESHOLDS.alphas) == pytest.approx(0.002)
    assert THRESHOLDS.looks == (10, 14, 18)


@pytest.mark.parametrize("word", [*REASONS, *NOTES])
def test_the_document_explains_every_reason_and_note(word: str) -> None:
    text = (
        (REASONS | NOTES)[word]
        if word in NOTES and word not in REASONS
        else REASONS.get(word, NOTES.get(word))
    )
    assert f"`{word}`" in DOCUMENT
    assert text


@pytest.mark.parametrize(("name", "reason"), [(name, reason) for name, _, reason in TABLE])
def test_the_document_explains_every_threshold(name: str, reason: str) -> None:
    assert f"`{name}`" in DOCUMENT
    assert reason in DOCUMENT
