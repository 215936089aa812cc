"""Figures of a report: who may be seen in them, and what an event is set beside."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.correlate.core import Options, correlate
from analysis.correlate.types import Votes
from analysis.report.figures import compare, daily_vantages, timeline
from analysis.report.model import Disclosure, cells_of, plain_cells
from analysis.windows import Hours, Window

DAY = 86_400
DAYS = 42
# Monday 1 January 2024, midnight UTC.
ORIGIN = 1_704_067_200
EVENTS = range(2, DAYS, 4)
WINDOWS = tuple(
    Window(ORIGIN + day * DAY + 18 * 3600, ORIGIN + day * DAY + 20 * 3600, (f"e{day}",)) for day in EVENTS
)


def votes(ratio: float = 1.0, vantages: int = 6, platform: str = "video") -> Votes:
    """A vote per vantage and hour; in the windows the platform has `ratio` of its speed."""
    rng = np.random.default_rng(2)
    time = np.repeat(ORIGIN + np.arange(DAYS * 24) * 3600 + 600, vantages)
    value = rng.normal(0, 0.15, len(time))
    for window in WINDOWS:
        value[(time >= window.start) & (time < window.end)] += np.log(ratio)
    who = np.tile(np.arange(vantages), DAYS * 24)
    return Votes(platform, 1, "goodput", time, who, value, np.zeros(len(time)))


def test_vantages_are_counted_on_a_usual_day_so_that_new_pseudonyms_are_no_new_people() -> None:
    cell = votes(vantages=3)
    month = (cell.time - ORIGIN) // (10 * DAY)
    renamed = Votes("video", 1, "goodput", cell.time, cell.vantage + 3 * month, cell.value, cell.failed)
    assert len(np.unique(renamed.vantage)) == 15
    assert daily_vantages(renamed) == 3
    assert daily_vantages(cell.take(np.zeros(len(cell), bool))) == 0


def test_a_timeline_keeps_hours_in_windows_apart_and_leaves_out_small_groups() -> None:
    cell = votes(0.5)
    late = cell.time >= ORIGIN + 21 * DAY
    thinned = cell.take(~late | (cell.vantage < 4))
    bins = timeline(thinned, WINDOWS, 5)
    assert max(each.time for each in bins) < ORIGIN + 21 * DAY + DAY / 4
    assert {each.vantages for each in bins} == {6}
    inside = [each.value for each in bins if each.inside]
    assert np.median(inside) == pytest.approx(0.5, abs=0.05)
    assert np.median([each.value for each in bins if not each.inside]) == pytest.approx(1.0, abs=0.05)
    assert len(timeline(thinned, WINDOWS, 1)) > len(bins)


def test_events_stand_beside_the_same_hours_of_days_of_their_kind_without_any() -> None:
    cell = votes(0.5)
    (line,) = correlate([cell], lambda _: Hours(WINDOWS), Options("UTC", 1, 500))
    found = compare(cell, WINDOWS, "UTC", line, 5)
    others = [each for each in found.evenings if not each.event]
    assert len([each for each in found.evenings if each.event]) == len(EVENTS)
    assert len(others) == DAYS - len(EVENTS)
    assert {(each.start - ORIGIN) % DAY for each in found.evenings} == {18 * 3600}
    assert {each.votes for each in others} == {12}
    assert {(each.start - ORIGIN) // DAY for each in others}.isdisjoint(EVENTS)


def test_the_bar_of_an_event_holds_no_effect_about_as_often_as_it_should() -> None:
    def bars(ratio: float) -> list[tuple[float, float]]:
        cell = votes(ratio)
        (line,) = correlate([cell], lambda _: Hours(WINDOWS), Options("UTC", 1, 500))
        found = compare(cell, WINDOWS, "UTC", line, 5).bars
        return [(bar.low, bar.high) for bar in found if bar.low is not None and bar.high is not None]

    quiet = bars(1.0)
    assert len(quiet) == len(EVENTS)
    assert sum(low <= 1 <= high for low, high in quiet) >= len(EVENTS) - 2
    assert all(high < 1 for _, high in bars(0.5))


def test_groups_of_few_vantages_are_in_no_bar_and_no_evening() -> None:
    cell = votes(0.5, vantages=4)
    (line,) = correlate([cell], lambda _: Hours(WINDOWS), Options("UTC", 1, 500))
    found = compare(cell, WINDOWS, "UTC", line, 5)
    assert found.bars == found.evenings == ()


SHOWN = {
    "a public copy": (Disclosure(private=False), ["many"], 2),
    "a private copy": (Disclosure(private=True), ["few", "many", "open"], 0),
    "published measurements": (Disclosure(False, frozenset({("open", 1)})), ["many", "open"], 1),
}


@pytest.mark.parametrize(("show", "shown", "hidden"), SHOWN.values(), ids=SHOWN.keys())
def test_which_cells_are_shown(show: Disclosure, shown: list[str], hidden: int) -> None:
    cells = [votes(1.0, 4, "few"), votes(1.0, 5, "many"), votes(1.0, 1, "open")]
    lines = correlate(cells, lambda _: Hours(WINDOWS), Options("UTC", 1, 100))
    found, withheld = cells_of(cells, lines, lambda _: Hours(WINDOWS), "UTC", show)
    assert [cell.platform for cell in found] == shown
    assert withheld == hidden


def test_a_vote_of_a_clock_that_forgot_the_date_is_in_no_timeline() -> None:
    cell = votes(1.0)
    time = cell.time.copy()
    time[0] = 0
    ((shown,), _) = plain_cells([replace(cell, time=time)], Disclosure(private=True))
    assert shown.first == cell.time[1]
