"""The registry, the vocabulary of targets and the docs name the same probes."""

from pathlib import Path
from typing import get_args

import pytest

from measurements.failures import FAILURES, Stage
from measurements.records import PROBES as RECORDED
from measurements.targets import ProbeName
from probes.registry import PROBES

DOCS = Path(__file__).parents[2] / "docs"


def test_every_probe_of_a_targets_file_exists() -> None:
    assert set(PROBES) == set(get_args(ProbeName))
    assert set(PROBES) < set(RECORDED)


@pytest.mark.parametrize("name", PROBES)
def test_every_probe_has_its_section(name: str) -> None:
    text = (DOCS / "probes.md").read_text()
    assert f"\n## {name}\n" in text
    assert f"\n| `{name}` |" in text


def test_every_failure_and_stage_is_explained_in_the_same_words() -> None:
    rows = [
        tuple(cell.strip().strip("`") for cell in line.strip("|").split("|"))
        for line in (DOCS / "failures.md").read_text().splitlines()
        if line.startswith("| `")
    ]
    stages = get_args(Stage)
    assert tuple(word for word, _ in rows[: len(stages)]) == stages
    assert dict(rows[len(stages) :]) == FAILURES
