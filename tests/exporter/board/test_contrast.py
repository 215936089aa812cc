"""WCAG 2.1 AA: text against what it stands on, computed from the style sheet."""

import re
from importlib.resources import files

import pytest

from exporter.board.page import SIGNS
from tests.contrast import AA, colour, contrast, rules

CSS = (files("exporter.board") / "static" / "live.css").read_text("utf-8")
RULES = rules(CSS)


def test_the_formula_gives_wcags_own_figures() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


COLOURED = [(selector, body) for selector, body in RULES if colour(body, "color")]


@pytest.mark.parametrize(("selector", "body"), COLOURED, ids=[selector for selector, _ in COLOURED])
def test_text_can_be_read_on_its_ground(selector: str, body: str) -> None:
    ground = colour(body, "background-color")
    assert ground, f"{selector} sets a colour without its ground"
    assert contrast(colour(body, "color") or "", ground) >= AA


def test_each_state_has_colours_and_its_sign_can_be_read_on_its_pattern() -> None:
    colours = dict(COLOURED)
    for state in SIGNS:
        text = colour(colours[f".{state}"], "color") or ""
        for selector, body in RULES:
            if selector == f".strip .{state}":
                for ground in re.findall(r"#[0-9a-f]{6}", body):
                    assert contrast(text, ground) >= AA
