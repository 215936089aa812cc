"""The style sheet: text can be read on its ground (WCAG 2.1 AA), and every verdict has a look."""

from importlib.resources import files

import pytest

from efir.ui.pages.verdicts import SIGNS
from tests.contrast import AA, colour, contrast, rules

CSS = (files("efir.ui") / "static" / "ui.css").read_text("utf-8")
RULES = rules(CSS)
# Where a rule leaves its ground to what lies behind: the page's own two grounds.
GROUNDS = ("#eef2f5", "#ffffff")
COLOURED = [(selector, body) for selector, body in RULES if colour(body, "color")]


@pytest.mark.parametrize(("selector", "body"), COLOURED, ids=[selector for selector, _ in COLOURED])
def test_text_can_be_read_on_its_ground(selector: str, body: str) -> None:
    text, ground = colour(body, "color"), colour(body, "background-color")
    assert ground or "background-color: transparent" in body, f"{selector} sets a colour without its ground"
    for each in [ground] if ground else GROUNDS:
        assert contrast(text or "", each) >= AA


@pytest.mark.parametrize("verdict", SIGNS)
def test_each_verdict_has_a_sign_of_its_own_colour(verdict: str) -> None:
    assert any(f".{verdict}" in selector.replace(" ", "").split(",") for selector, _ in COLOURED)


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert "url(" not in CSS
    assert "@import" not in CSS
