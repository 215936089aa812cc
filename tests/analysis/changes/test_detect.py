"""Unannounced changes: found where they are, and only there."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from analysis.calibration.lines import Line, simulate
from analysis.changes.detect import Change, changes
from analysis.correlate.types import Outcome, Votes

START = datetime(2024, 4, 1, tzinfo=UTC)
HOURS = 40 * 24


def line(seed: int, outcome: Outcome = "goodput", dip: float = 0.2) -> Votes:
    """Two votes an hour with a daily dip and noise that remembers; failures at 3 %."""
    rng = np.random.default_rng(seed)
    count = 2 * HOURS
    noise = rng.normal(0, 0.2, count)
    for index in range(1, count):
        noise[index] += 0.6 * noise[index - 1]
    hour = np.arange(count) / 2 % 24
    failed = (rng.random(count) < 0.03).astype(float) if outcome == "failure" else np.zeros(count)
    value = failed if outcome == "failure" else noise - dip * np.exp(-(((hour - 20) / 3) ** 2))
    time = int(START.timestamp()) + np.arange(count) * 1800 + 300
    return Votes("vk", 1, outcome, time, np.zeros(count, dtype=np.int64), value, failed)


def harmed(votes: Votes, first: float, last: float, by: float = 0.15) -> Votes:
    """Slowed (or failed) from hour `first` to hour `last` of the data."""
    hour = (votes.time - int(START.timestamp())) / 3600
    inside = (hour >= first) & (hour < last)
    value, failed = votes.value.copy(), votes.failed.copy()
    if votes.outcome == "goodput":
        value[inside] += np.log(by)
    else:
        value[inside] = failed[inside] = 1.0
    return Votes(votes.platform, votes.asn, votes.outcome, votes.time, votes.vantage, value, failed)


def seen(found: list[Change]) -> list[tuple[str, float]]:
    return [(change.direction, (change.time - START) / timedelta(hours=1)) for change in found]


CASES: dict[str, tuple[Outcome, list[tuple[float, float]], list[tuple[str, float]]]] = {
    "three hours of throttling": ("goodput", [(500, 503)], [("onset", 500), ("end", 503)]),
    "three hours of failures": ("failure", [(500, 503)], [("onset", 500), ("end", 503)]),
    "a level that stays": ("goodput", [(600, HOURS)], [("onset", 600)]),
    "slow from the beginning, then not": ("goodput", [(0, 300)], [("end", 300)]),
    "two stretches": (
        "failure",
        [(200, 212), (700, 748)],
        [("onset", 200), ("end", 212), ("onset", 700), ("end", 748)],
    ),
    "some hours of freedom in a long restriction": (
        "goodput",
        [(300, 500), (506, 700)],
        [("onset", 300), ("end", 500), ("onset", 506), ("end", 700)],
    ),
    "nothing": ("goodput", [], []),
    "nothing but rare failures": ("failure", [], []),
}


@pytest.mark.parametrize(("outcome", "stretches", "expected"), CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("seed", [2, 3])
def test_changes_are_found_at_their_first_hour(
    outcome: Outcome, stretches: list[tuple[float, float]], expected: list[tuple[str, float]], seed: int
) -> None:
    votes = line(seed, outcome)
    for first, last in stretches:
        votes = harmed(votes, first, last)
    found = seen(changes(votes))
    assert [direction for direction, _ in found] == [direction for direction, _ in expected]
    assert [when for _, when in found] == pytest.approx([when for _, when in expected], abs=1)


def test_levels_and_evidence_are_told() -> None:
    onset, end = changes(harmed(line(1), 500, 512))
    assert onset.after == pytest.approx(0.15, rel=0.3)
    assert (onset.before, end.after) == pytest.approx((1.0, 1.0), abs=0.15)
    assert onset.after == end.before
    assert (onset.hours, onset.votes) == (12, 24)
    assert onset.confidence >= 0.99


def test_a_gap_in_the_data_is_no_change_and_the_new_level_begins_with_its_first_hour() -> None:
    votes = harmed(line(4), 500, HOURS)
    hour = (votes.time - int(START.timestamp())) / 3600
    gap = (hour >= 480) & (hour < 520)
    assert seen(changes(votes.take(~gap))) == [("onset", 520)]
    assert changes(line(4).take(~gap)) == []


def test_a_short_gain_is_the_control_being_slow() -> None:
    assert changes(harmed(line(4), 500, 503, by=6.0)) == []


def heavy(votes: Votes, seed: int) -> Votes:
    """Evening votes three times as noisy, with tails; one vote in fifty at the worst value of all."""
    rng = np.random.default_rng(seed)
    value = votes.value + rng.standard_t(3, len(votes)) * 0.2
    value = np.where(votes.time // 3600 % 24 >= 18, 3 * value, value)
    value[rng.random(len(votes)) < 0.02] = value.min()
    kept = rng.random(len(votes)) > 0.4
    return Votes("vk", 1, "goodput", votes.time, votes.vantage, value, votes.failed).take(kept)


def test_outliers_and_thin_hours_are_no_changes() -> None:
    found = [changes(heavy(line(seed), seed)) for seed in range(10)]
    assert sum(map(bool, found)) <= 1


def test_one_failed_flow_does_not_make_its_hour() -> None:
    """A failed flow has the worst value of all; beside it the hour's other votes are as usual."""
    votes = line(3)
    value = votes.value.copy()
    value[1000:1008:2] = -20.0
    assert changes(Votes("vk", 1, "goodput", votes.time, votes.vantage, value, votes.failed)) == []


# Where the noise was once taken for levels: memory that gaps hide, and days that differ.
HARD_NOISE = {
    "most hours without a vote": Line(events=0, votes_per_bin=0.2),
    "days with levels of their own, noisy evenings": Line(events=0, day_noise=0.2, evening_noise=3.0),
}


@pytest.mark.parametrize("given", HARD_NOISE.values(), ids=HARD_NOISE.keys())
def test_noise_is_no_change(given: Line) -> None:
    found = [changes(simulate(given, np.random.default_rng([1, seed])).votes) for seed in range(12)]
    assert sum(map(bool, found)) <= 1


NOTHING: dict[str, Any] = {
    "no votes": np.zeros(2 * HOURS, bool),
    "one vote": np.arange(2 * HOURS) == 5,
    "less than a day": np.arange(2 * HOURS) < 40,
}


@pytest.mark.parametrize("which", NOTHING.values(), ids=NOTHING.keys())
def test_too_little_data_holds_no_change(which: Any) -> None:
    assert changes(line(1).take(which)) == []


def test_a_platform_that_never_answered_holds_no_change() -> None:
    votes = line(1)
    blank = Votes("vk", 1, "goodput", votes.time, votes.vantage, votes.value * np.nan, votes.failed)
    assert changes(blank) == []
