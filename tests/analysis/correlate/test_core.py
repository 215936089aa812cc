"""The association test from votes to answers, on made-up lines with known truth."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analysis.correlate.core import Options, correlate
from analysis.correlate.types import Association, Votes
from analysis.windows import Hours, Window

ALMATY_MIDNIGHT = 1704045600  # 2024-01-01T00:00+06:00
DAY, HOUR = 86_400, 3600
OPTIONS = Options("Etc/GMT-6", seed=7, shifts=400)


def line(seed: int, days: int = 40, vantages: int = 2, outcome: Any = "goodput") -> Votes:
    """Half-hourly votes with a daily dip, noise that remembers, and a level of its own per vantage."""
    rng = np.random.default_rng(seed)
    bins = days * 48
    hour = np.arange(bins) % 48 / 2
    time, vantage, value = [], [], []
    for number in range(vantages):
        noise = rng.normal(0, 0.2, bins)
        for index in range(1, bins):
            noise[index] += 0.7 * noise[index - 1]
        time.append(ALMATY_MIDNIGHT + np.arange(bins) * 1800 + 600)
        vantage.append(np.full(bins, number))
        value.append(noise - 0.3 * np.exp(-(((hour - 20.5) / 2.5) ** 2)) + 0.5 * number)
    order = np.argsort(np.concatenate(time), kind="stable")
    count = len(order)
    values = np.concatenate(value)[order]
    if outcome == "failure":
        values = (rng.random(count) < 0.03).astype(float)
    return Votes(
        "youtube",
        9198,
        outcome,
        np.concatenate(time)[order].astype(np.int64),
        np.concatenate(vantage)[order].astype(np.int64),
        values,
        values.copy() if outcome == "failure" else np.zeros(count),
    )


def evenings(days: Iterable[int], hours: float = 2, start: float = 20) -> tuple[Window, ...]:
    return tuple(
        Window(
            ALMATY_MIDNIGHT + day * DAY + int(start * HOUR),
            ALMATY_MIDNIGHT + day * DAY + int((start + hours) * HOUR),
            (f"e{day}",),
        )
        for day in days
    )


EVENTS = evenings(range(1, 40, 4))


def harmed(votes: Votes, windows: tuple[Window, ...], by: float, before: int = 0, after: int = 0) -> Votes:
    value, failed = votes.value.copy(), votes.failed.copy()
    for window in windows:
        inside = (votes.time >= window.start - before) & (votes.time < window.end + after)
        if votes.outcome == "goodput":
            value[inside] += np.log(by)
        else:
            value[inside], failed[inside] = by, by
    return replace(votes, value=value, failed=failed)


def answer(votes: Votes, windows: tuple[Window, ...], options: Options = OPTIONS) -> Association:
    (result,) = correlate([votes], lambda platform: Hours(windows), options)
    return result


def test_a_halved_goodput_in_the_windows_is_associated_with_its_size() -> None:
    result = answer(harmed(line(1), EVENTS, 0.5), EVENTS)
    assert result.verdict == "associated"
    assert result.effect_low is not None
    assert result.effect_high is not None
    assert result.effect_low < 0.5 < result.effect_high
    assert result.p_value is not None
    assert result.p_value < 0.02
    assert (result.events, result.vantages, result.measurements) == (10, 2, 40 * 48 * 2)
    assert result.minimum_detectable_effect is not None
    assert 0.5 < result.minimum_detectable_effect < 1


def test_an_innocent_line_is_not_associated() -> None:
    result = answer(line(1), EVENTS)
    assert result.verdict == "not_associated"
    assert result.p_value is not None
    assert result.p_value > 0.05


def test_the_same_seed_gives_the_same_answer_and_another_seed_nearly_so() -> None:
    votes = harmed(line(3), EVENTS, 0.8)
    first = answer(votes, EVENTS)
    assert answer(votes, EVENTS) == first
    other = answer(votes, EVENTS, replace(OPTIONS, seed=8))
    assert other.effect == first.effect  # the effect does not depend on the shifts


def test_failures_in_the_windows_are_associated() -> None:
    result = answer(harmed(line(2, outcome="failure"), EVENTS, 1.0), EVENTS)
    assert result.verdict == "associated"
    assert result.effect == pytest.approx(0.97, abs=0.03)


def test_a_block_of_a_whole_season_is_not_taken_for_one_of_the_hours() -> None:
    votes = line(2, outcome="failure")
    season = (Window(ALMATY_MIDNIGHT + 20 * DAY, ALMATY_MIDNIGHT + 40 * DAY, ("season",)),)
    result = answer(harmed(votes, season, 1.0), evenings(range(21, 40, 2)))
    assert result.verdict == "continuous"


def test_slow_all_day_is_continuous() -> None:
    votes = line(4)
    result = answer(replace(votes, value=votes.value - 2.5), EVENTS)
    assert result.verdict == "continuous"


def test_events_on_every_evening_are_not_identifiable_and_give_no_number() -> None:
    windows = evenings(range(40))
    result = answer(harmed(line(5), windows, 0.3), windows)
    assert result.verdict == "not_identifiable"
    assert (result.effect, result.effect_low, result.p_value, result.q_value) == (None, None, None, None)
    assert result.inside is not None
    assert result.outside is not None
    assert result.inside < result.outside
    assert "descriptive" in (result.reason or "")


def test_onset_alignment_speaks_where_starts_vary() -> None:
    rng = np.random.default_rng(11)
    windows = tuple(
        evenings(range(day, day + 1), start=18 + 0.5 * rng.integers(0, 8))[0] for day in range(40)
    )
    slowed = answer(harmed(line(6), windows, 0.4), windows)
    assert slowed.verdict == "associated"
    assert (slowed.reason or "").startswith("onset alignment")
    assert slowed.effect is None
    usual = evenings(range(40), start=19, hours=3)
    assert answer(harmed(line(6), usual, 0.4), windows).verdict == "not_identifiable"


def test_hours_of_other_causes_are_in_neither_group() -> None:
    crash = tuple((window.start, window.end) for window in EVENTS[:5])
    votes = harmed(line(7), EVENTS[:5], 0.05)
    (result,) = correlate([votes], lambda platform: Hours(EVENTS, crash), OPTIONS)
    assert result.events == 5
    assert result.verdict != "associated"
    assert result.measurements == len(votes) - 5 * 4 * 2


def test_failed_downloads_in_the_windows_are_told() -> None:
    votes = harmed(line(8), EVENTS, 0.2)
    failed = votes.failed.copy()
    inside = (votes.time >= EVENTS[0].start) & (votes.time < EVENTS[0].end)
    failed[inside] = 1.0
    result = answer(replace(votes, failed=failed), EVENTS)
    assert f"{inside.sum()} votes in the windows hold failed downloads" in (result.reason or "")


def test_onset_and_end_of_an_event_that_overruns_are_found() -> None:
    votes = harmed(line(9), EVENTS, 0.3, before=1800, after=3600)
    result = answer(votes, EVENTS)
    onsets = [each.onset_minutes for each in result.per_event if each.onset_minutes is not None]
    ends = [each.end_minutes for each in result.per_event if each.end_minutes is not None]
    assert np.median(onsets) == pytest.approx(-30, abs=30)
    assert np.median(ends) == pytest.approx(60, abs=30)


def test_announced_and_cancelled_events_are_compared_where_there_are_enough() -> None:
    held = tuple(
        replace(window, announced=number % 2 == 0) for number, window in enumerate(evenings(range(0, 40, 4)))
    )
    cancelled = tuple(replace(window, cancelled=True) for window in evenings((1, 5, 10, 17, 25, 33)))
    votes = harmed(line(10), held, 0.4)
    result = answer(votes, held + cancelled)
    effects = {split.part: split.effect for split in result.splits}
    assert list(effects) == ["announced", "unannounced", "held", "cancelled"]
    assert effects["held"] == pytest.approx(0.4, rel=0.25)
    assert effects["cancelled"] == pytest.approx(1.0, rel=0.25)
    assert result.events == len(held)


def test_a_vote_of_a_clock_that_forgot_the_date_changes_nothing() -> None:
    votes = harmed(line(1), EVENTS, 0.5)
    stray = replace(
        votes,
        **{
            name: np.concatenate((getattr(votes, name)[:1], getattr(votes, name)))
            for name in ("vantage", "value", "failed")
        },
        time=np.concatenate(([0], votes.time)),
    )
    assert answer(stray, EVENTS) == answer(votes, EVENTS)


FEW = {
    "no event in the time of the data": (evenings(range(100, 110)), "no event has measurements"),
    "two events": (EVENTS[:2], "too few events"),
}


@pytest.mark.parametrize(("windows", "reason"), FEW.values(), ids=FEW.keys())
def test_too_little_data_is_said(windows: tuple[Window, ...], reason: str) -> None:
    result = answer(line(1), windows)
    assert result.verdict == "insufficient"
    assert reason in (result.reason or "")
    assert result.effect is None


def test_a_platform_that_never_answered_has_no_goodput() -> None:
    votes = line(1)
    result = answer(replace(votes, value=np.full(len(votes), np.nan)), EVENTS)
    assert result.verdict == "insufficient"
    assert "no download from the platform ever succeeded" in (result.reason or "")


def test_the_correction_is_made_per_outcome_over_tested_cells() -> None:
    cells = [
        harmed(line(1), EVENTS, 0.4),
        line(2),
        replace(line(3), asn=1).take(np.arange(len(line(3))) < 5),  # cannot be tested, is not counted
        harmed(line(4, outcome="failure"), EVENTS, 1.0),
    ]
    results = correlate(cells, lambda platform: Hours(EVENTS), OPTIONS)
    assert [result.q_value is None for result in results] == [False, False, True, False]
    assert results[3].q_value == results[3].p_value
    assert results[0].q_value == pytest.approx(2 * (results[0].p_value or 0))
