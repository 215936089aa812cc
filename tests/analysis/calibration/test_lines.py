"""The simulated lines are what their fields say; else the calibration proves nothing."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.calibration.lines import Line, simulate

PLAIN = Line(votes_per_bin=1.0)


def gap(line: Line, seed: int = 3) -> float:
    """Mean difference to the control inside the windows minus outside, over many lines."""
    differences = []
    for number in range(30):
        cell = simulate(line, np.random.default_rng([seed, number]))
        d = cell.target[0] - cell.control[0]
        differences.append(np.nanmean(d[cell.inside]) - np.nanmean(d[~cell.inside]))
    return float(np.mean(differences))


GAPS = {
    "nothing happens": (PLAIN, 0.0),
    "halved speed": (replace(PLAIN, ratio=0.5), np.log(0.5)),
    "provider-wide congestion cancels against the control": (replace(PLAIN, congestion=0.5), 0.0),
    "a control without the evening dip shows one": (replace(PLAIN, control_shape=0.0), -0.27),
    "heavy tails have no mean of their own": (replace(PLAIN, heavy=True), 0.0),
}


@pytest.mark.parametrize(("line", "expected"), GAPS.values(), ids=GAPS.keys())
def test_gap_between_target_and_control(line: Line, expected: float) -> None:
    assert gap(line) == pytest.approx(expected, abs=0.06)


def test_evenings_are_as_noisy_as_said() -> None:
    cell = simulate(Line(evening_noise=3.0, days=300), np.random.default_rng(1))
    d = (cell.target[0] - cell.control[0]).reshape(-1, 48)
    assert np.nanstd(d[:, 38:]) / np.nanstd(d[:, 10:30]) == pytest.approx(3.0, rel=0.15)


def test_days_have_levels_as_far_apart_as_said() -> None:
    cell = simulate(replace(PLAIN, day_noise=0.5, days=300), np.random.default_rng(1))
    by_day = np.nanmean((cell.target[0] - cell.control[0]).reshape(-1, 48), axis=1)
    assert np.std(by_day) == pytest.approx(0.5, rel=0.2)


def test_flows_fail_as_often_as_said() -> None:
    cell = simulate(Line(failed=0.1), np.random.default_rng(1))
    assert cell.votes.failed.mean() == pytest.approx(0.1, abs=0.02)


def test_votes_inside_the_windows_get_lost_or_fail() -> None:
    whole = simulate(Line(events=30), np.random.default_rng(2))
    lost = simulate(Line(events=30, lost_inside=0.6), np.random.default_rng(2))
    failed = simulate(Line(events=30, failed_inside=0.5), np.random.default_rng(2))

    def votes_inside(cell: object) -> float:
        return float(np.isfinite(cell.target[0][cell.inside]).mean())  # type: ignore[attr-defined]  # a Simulated

    assert votes_inside(lost) == pytest.approx(0.4 * votes_inside(whole), abs=0.1)
    assert failed.votes.failed.sum() > 0
    assert failed.votes.value[failed.votes.failed == 1].max() == failed.votes.value.min()


def test_listed_causes_stand_in_the_schedule_and_half_of_them_on_event_days() -> None:
    cell = simulate(Line(other_causes=4), np.random.default_rng(2))
    days = {window.start // 86_400 for window in cell.hours.windows}
    assert len(cell.hours.left_out) == 4
    assert sum(start // 86_400 in days for start, _ in cell.hours.left_out) >= 2
    assert simulate(Line(other_causes=4, other_listed=False), np.random.default_rng(2)).hours.left_out == ()


@pytest.mark.parametrize(("at", "kind"), [("weekend", {5, 6}), ("any", set(range(7)))])
def test_events_fall_on_the_days_said(at: str, kind: set[int]) -> None:
    cell = simulate(Line(at=at, days=60, events=12), np.random.default_rng(5))
    # Day 0 is a Monday.
    days = {(window.start - 1_709_510_400) // 86_400 % 7 for window in cell.hours.windows}
    assert days <= kind
    assert sum(len(window.ids) for window in cell.hours.windows) == 12
