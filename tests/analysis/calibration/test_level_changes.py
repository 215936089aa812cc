"""Harm is planted where it is said, and found again; the page says what was counted."""

import numpy as np
import pytest

from analysis.calibration.changes_page import broken_changes, write_changes
from analysis.calibration.level_changes import DURATIONS, HARMS, NULLS, POWER, plant, power
from analysis.calibration.lines import Line, simulate

QUIET = Line(events=0, noise=0.05, memory=0.0)


@pytest.mark.parametrize(("line", "expected"), [(QUIET, np.log(0.5)), (Line(events=0, failures=0.0), 0.5)])
def test_harm_is_planted_between_its_ends(line: Line, expected: float) -> None:
    rng = np.random.default_rng(4)
    votes = simulate(line, rng).votes
    planted = plant(votes, 0.5, 240, rng)
    inside = (votes.time >= planted.first) & (votes.time < planted.last)
    changed = planted.votes.value - votes.value
    assert planted.last - planted.first == 240 * 3600
    assert not changed[~inside].any()
    assert changed[inside].mean() == pytest.approx(expected, abs=0.1)


def test_harm_on_a_quiet_line_is_found_and_none_is_not() -> None:
    assert power(QUIET, 0.75, 12, cells=3, seed=1, salt=1) == 1.0
    assert power(QUIET, 0.0, 12, cells=3, seed=1, salt=1) == 0.0


@pytest.mark.parametrize(("rate", "lacks"), [(0.03, []), (0.05, ["false changes 0.050: a line"])])
def test_a_broken_promise_is_named(rate: float, lacks: list[str]) -> None:
    assert broken_changes([("a line", rate)], 400) == lacks


def test_the_page_holds_every_figure() -> None:
    page = write_changes([("a null", 0.011)], [("a line", 12, [0.1, 0.2, 0.3, 0.4])], (400, 100), "made here")
    assert "| a null | 0.011 |" in page
    assert "| a line | 12 h | 0.100 | 0.200 | 0.300 | 0.400 |" in page


def test_rows_have_names_of_their_own() -> None:
    for table in (NULLS, POWER):
        assert len({row.name for row in table}) == len(table)
    assert len(set(HARMS)) == len(set(DURATIONS)) == 4
