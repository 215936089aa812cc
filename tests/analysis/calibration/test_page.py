"""The page says what was measured, and a broken promise is named."""

from collections import Counter

import pytest

from analysis.calibration.measure import Discoveries, Effort, Rates, rates, worlds
from analysis.calibration.page import write
from analysis.calibration.promises import Results, broken
from analysis.calibration.scenarios import (
    BUSY,
    COVERAGE,
    NULLS,
    POWER_DROPS,
    POWER_EVENTS,
    POWER_MORE,
)

GOOD = Rates(cells=1000, tested=1000, alarms=50, covered=950, intervals=1000, verdicts=Counter(associated=50))
STRONG = Rates(cells=1000, tested=1000, alarms=950)


def results(
    null: Rates = GOOD, coverage: Rates = GOOD, power: Rates = STRONG, false_rate: float = 0.02
) -> Results:
    return Results(
        nulls=[("a null", null)],
        power={(drop, events): power for drop in POWER_DROPS for events in POWER_EVENTS},
        coverage=[("a row", coverage)],
        worlds=[("a world", Discoveries(false_rate, 0.005, 0.9))],
    )


PROMISES = {
    "all kept": (results(), []),
    "false alarms": (
        results(null=Rates(cells=1000, tested=1000, alarms=100)),
        ["false alarms 0.100: a null"],
    ),
    "false alarms within chance": (results(null=Rates(cells=1000, tested=1000, alarms=80)), []),
    "intervals too narrow": (
        results(coverage=Rates(cells=1000, tested=1000, covered=850, intervals=1000)),
        ["coverage 0.850: a row"],
    ),
    "intervals too wide": (
        results(coverage=Rates(cells=1000, tested=1000, covered=999, intervals=1000)),
        ["coverage 0.999: a row"],
    ),
    "false discoveries": (results(false_rate=0.2), ["false discoveries 0.200: a world"]),
    "no power": (
        results(power=Rates(cells=1000, tested=1000, alarms=700)),
        ["power 0.700 for the promised drop"],
    ),
}


@pytest.mark.parametrize(("measured", "lacks"), PROMISES.values(), ids=PROMISES.keys())
def test_promises(measured: Results, lacks: list[str]) -> None:
    assert broken(measured) == lacks
    page = write(measured, Effort(), "made here")
    assert ("All kept in this run." in page) == (not lacks)
    assert all(lack in page for lack in lacks)


def test_the_same_seed_simulates_the_same_cells() -> None:
    effort = Effort(shifts=99)
    assert rates(NULLS[1].line, 3, effort, salt=1, plain=True) == rates(NULLS[1].line, 3, effort, 1, True)


def test_a_halved_speed_is_found_in_a_world() -> None:
    found = worlds(Effort(worlds=1, world_shifts=199), salt=1, ratio=0.5)
    assert found.found >= 0.75
    assert found.false_rate <= 0.25


def test_rows_have_names_of_their_own() -> None:
    for table in (NULLS, POWER_MORE, COVERAGE, BUSY):
        names = [scenario.name for scenario in table]
        assert len(set(names)) == len(names)
