"""docs/lab.md names every word of scenario files."""

import dataclasses
import re
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest

from lab.scenario import Link, Rule, Trigger
from lab.scenario_file import load
from lab.selectors import GROUPS
from lab.units import UNITS
from lab.words import ACTIONS, LINK_WORDS
from lab.world.certificates import KINDS
from lab.world.changes import NameChange, Page, Says, SiteChange, WorldChanges
from measurements.targets_file import load_targets

TEXT = (Path(__file__).parents[2] / "docs" / "lab.md").read_text(encoding="utf-8")
WORDS = {word for code in re.findall(r"`([^`\n]+)`", TEXT) for word in re.split(r"[\s,]+", code)}


def _fields(*types: type) -> set[str]:
    return {field.name for one in types for field in dataclasses.fields(one)}


@pytest.mark.parametrize(
    ("what", "needed"),
    [
        ("units", [unit for units in UNITS.values() for unit in units]),
        ("keys of the link", (_fields(Link) | set(LINK_WORDS))),
        ("triggers", _fields(Trigger)),
        ("keys of a rule", _fields(Rule) - {"trigger", "action"}),
        ("actions", ACTIONS),
        ("keys of actions", _fields(*(word.made for word in ACTIONS.values())) - {"ipv4", "ipv6"}),
        ("keys of the world", WorldChanges.__struct_fields__),
        ("keys of names and sites", {*NameChange.__struct_fields__, *SiteChange.__struct_fields__}),
        ("what resolvers say", get_args(Says)),
        ("pages", get_args(Page)),
        ("certificates", KINDS),
        ("selectors", [f"@{group}" for group in GROUPS]),
    ],
)
def test_every_word_stands_in_the_document(what: str, needed: Iterable[str]) -> None:
    assert sorted(set(needed) - WORDS) == [], what


def test_each_action_is_told_in_the_tables_words() -> None:
    for word, action in ACTIONS.items():
        assert f"| `{word}` | {action.text} |" in TEXT or action.text.startswith("the same"), word


def test_the_example_is_a_scenario(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    assert example
    file = tmp_path / "mine.yaml"
    file.write_text(example[1], encoding="utf-8")
    assert load(file, load_targets()).rules[0].name == "evening"
