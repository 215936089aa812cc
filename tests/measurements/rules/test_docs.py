"""docs/verdicts.md names each rule with the words the table has."""

from pathlib import Path

import pytest

from measurements.rules.table import ENDPOINT_RULES, QUIC_RULES, Rule

TEXT = (Path(__file__).parents[3] / "docs" / "verdicts.md").read_text("utf-8")


@pytest.mark.parametrize("rule", [*ENDPOINT_RULES, *QUIC_RULES], ids=lambda rule: rule.id)
def test_documented(rule: Rule) -> None:
    stage = f" ({rule.stage})" if rule.stage else ""
    assert f"| `{rule.id}` | {rule.verdict}{stage} | {rule.comment} |" in TEXT
