"""Simulated lines: half-hourly log goodput of a platform and its control, with whatever confounds them.

Noise as in mobile and fixed lines of the literature: a daily shape, congestion common to the provider (AR(1), phi .9,
sd .20) and noise of each series (AR(1), phi .8, sd .25), a fifth of the votes missing and three outages of 6 to 24 h.
"""

from dataclasses import dataclass, replace

import numpy as np

from analysis.correlate.types import Bools, Floats, Ints, Votes
from analysis.windows import Hours, Window, merge

ZONE = "UTC"
ORIGIN = 1_709_510_400  # Monday, 4 March 2024, 00:00 UTC
SLOT_SECONDS = 1800
SLOTS = 48
_DAYS = {"weekend": (5, 6), "saturdays": (5,)}  # of a week, 0 = Monday
_EVENING = 18  # from this hour on, noisy evenings are noisy
_BURST = 1.96  # standard deviations: a fortieth of the time


@dataclass(frozen=True)
class Line:
    """What is simulated. Shares are 0 to 1, levels are in units of ln goodput, hours are local."""

    days: int = 60
    events: int = 10
    vantages: int = 1
    ratio: float = 1.0  # goodput inside the windows over what it would be
    overrun_hours: float = 0.0  # the throttling goes on after the window
    at: str = "evening"  # or any | weekend | saturdays
    spread_hours: float = 2.5  # starts of evening events: 18:30 and up to this much later
    noise: float = 0.25  # own noise of the platform and of the control: standard deviation
    memory: float = 0.8  # and AR(1) coefficient, from half hour to half hour
    evening_noise: float = 1.0  # factor on the own noise from 18:00
    day_noise: float = 0.0  # sd of the platform's level of each day
    control_shape: float = 0.35  # depth of the control's evening dip; the platform's is 0.35
    congestion: float = 0.0  # of platform and control alike in the windows
    drift: float = 0.0  # sd of a random walk of the platform over the whole time
    weekend_dip: float = 0.0
    heavy: bool = False  # noise with the tails of Student's t, 3 degrees of freedom
    season_dip: float = 0.0  # of the platform, on the third of the days in which half of the events fall
    failed: float = 0.0  # target flows that fail at any time
    lost_inside: float = 0.0  # votes lost inside the windows, in addition
    failed_inside: float = 0.0  # target flows that fail inside the windows, in addition
    other_causes: int = 0  # evenings of four hours at a quarter of the speed
    other_listed: bool = True  # the schedule names them
    votes_per_bin: float = 0.8  # share of half hours with a vote
    failures: float | None = None  # failure outcome: base rate outside the windows
    failures_inside: float = 0.0  # added inside the windows
    failure_season: float = 0.0  # added during the season
    evening_failures: float = 0.0  # added every evening
    failure_bursts: float = 0.0  # added in stretches of hours, a fortieth of the time


@dataclass(frozen=True)
class Simulated:
    """Votes, what the schedule says, and the raw series for the plain tests (NaN = no vote)."""

    votes: Votes
    hours: Hours
    target: Floats
    control: Floats
    inside: Bools


def simulate(line: Line, rng: np.random.Generator, common: Floats | None = None) -> Simulated:
    """One cell. `common` is congestion shared with other cells of the provider."""
    bins = line.days * SLOTS
    windows = _events(line, rng)
    inside = _cover(windows, bins)
    harmed = _cover([(first, last + int(line.overrun_hours * 2)) for first, last in windows], bins)
    season = _season(line, windows)
    other = _other(line, rng, windows)
    shared = provider_noise(line, rng) if common is None else common
    parts = [
        _vantage(line, rng, shared, inside, harmed, season, _cover(other, bins)) for _ in range(line.vantages)
    ]
    target, control, failed = (np.stack(each) for each in zip(*parts, strict=True))
    listed = tuple(map(_seconds, other)) if line.other_listed else ()
    events = merge([Window(*_seconds(span), (f"e{number}",)) for number, span in enumerate(windows)])
    votes = _failure_votes(target, failed) if line.failures is not None else _votes(target, control, failed)
    return Simulated(votes, Hours(tuple(events), listed), target, control, inside)


def provider_noise(line: Line, rng: np.random.Generator) -> Floats:
    """Congestion that all flows of a provider share."""
    return _ar(rng, 0.9, 0.20, line.days * SLOTS)


def _ar(rng: np.random.Generator, phi: float, sd: float, count: int) -> Floats:
    """AR(1) noise with standard deviation `sd`."""
    from scipy.signal import lfilter

    series: Floats = lfilter([1], [1, -phi], rng.normal(0, sd * np.sqrt(1 - phi**2), count + 200))[200:]
    return series


def _events(line: Line, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Bins [first, last) of events of 1 to 3 hours that do not overlap."""
    days = np.arange(line.days)
    if line.at in _DAYS:
        days = days[np.isin(days % 7, _DAYS[line.at])]
    chosen: list[tuple[int, int]] = []
    taken: set[int] = set()
    order = rng.permutation(days)[: line.events] if line.at != "any" else rng.choice(days, 20 * line.events)
    for day in order:
        length = int(rng.integers(2, 7))
        latest = int(line.spread_hours * 2)
        start = (
            int(rng.integers(0, SLOTS - length))
            if line.at == "any"
            else 37 + int(rng.integers(0, latest + 1))
        )
        start = min(start, SLOTS - length)
        span = range(day * SLOTS + start, day * SLOTS + start + length)
        if len(chosen) < line.events and not taken.intersection(span):
            taken.update(span)
            chosen.append((span.start, span.stop))
    return sorted(chosen)


def _season(line: Line, windows: list[tuple[int, int]]) -> Bools:
    """A third of the days, placed where most events are."""
    length = line.days // 3 * SLOTS
    starts = np.array([first for first, _ in windows])
    counts = [int(np.sum((starts >= at) & (starts < at + length))) for at in range(0, 2 * length, SLOTS)]
    best = int(np.argmax(counts)) * SLOTS
    season = np.zeros(line.days * SLOTS, bool)
    season[best : best + length] = True
    return season


def _other(line: Line, rng: np.random.Generator, windows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Evenings, 18:00-22:00, of other causes; with the schedule's knowledge half of them fall on event days."""
    event_days = [first // SLOTS for first, _ in windows]
    days = list(rng.permutation(line.days)[: line.other_causes])
    if line.other_listed:
        half = line.other_causes // 2
        days[:half] = event_days[:half]
    return [(int(day) * SLOTS + 36, int(day) * SLOTS + 44) for day in days]


def _cover(spans: list[tuple[int, int]], bins: int) -> Bools:
    covered = np.zeros(bins, bool)
    for first, last in spans:
        covered[first:last] = True
    return covered


def _seconds(span: tuple[int, int]) -> tuple[int, int]:
    return ORIGIN + span[0] * SLOT_SECONDS, ORIGIN + span[1] * SLOT_SECONDS


def _vantage(
    line: Line,
    rng: np.random.Generator,
    shared: Floats,
    inside: Bools,
    harmed: Bools,
    season: Bools,
    other: Bools,
) -> tuple[Floats, Floats, Floats]:
    """Target and control in ln goodput (NaN = missing), and failed target flows (1 or 0)."""
    bins = len(inside)
    hour = np.arange(bins) % SLOTS / 2
    weekend = np.arange(bins) // SLOTS % 7 >= 5
    bump = np.exp(-(((hour - 20.5) / 2.5) ** 2))
    noise = np.where(hour >= _EVENING, line.evening_noise, 1.0)
    target = -0.35 * bump + shared + noise * _ar(rng, line.memory, line.noise, bins)
    control = -line.control_shape * bump + shared + noise * _ar(rng, line.memory, line.noise, bins)
    if line.day_noise:
        target = target + np.repeat(rng.normal(0, line.day_noise, line.days), SLOTS)
    if line.heavy:
        target = target + 0.1 * rng.standard_t(3, bins)
        control = control + 0.1 * rng.standard_t(3, bins)
    target = target + line.drift * np.cumsum(rng.normal(0, 1, bins)) / np.sqrt(bins)
    target = target - line.weekend_dip * weekend - line.season_dip * season - np.log(4) * other
    target, control = target - line.congestion * inside, control - line.congestion * inside
    target = target + np.log(line.ratio) * harmed
    burst = _ar(rng, 0.9, 1.0, bins) > _BURST
    failed = (rng.random(bins) < _failure_rate(line, inside, season, hour, burst)).astype(np.float64)
    missing = rng.random(bins) >= line.votes_per_bin
    missing |= inside & (rng.random(bins) < line.lost_inside)
    for start in rng.integers(0, bins - SLOTS, 3):
        missing[start : start + rng.integers(12, 48)] = True
    return np.where(missing, np.nan, target), np.where(missing, np.nan, control), failed


def _failure_rate(line: Line, inside: Bools, season: Bools, hour: Floats, burst: Bools) -> Floats:
    """Probability that a target flow (goodput) or a probe (failure outcome) fails."""
    if line.failures is None:
        return line.failed + np.where(inside, line.failed_inside, 0.0)
    evening = hour >= _EVENING
    rate = line.failures + line.failures_inside * inside + line.failure_season * season
    rate = rate + line.evening_failures * evening + line.failure_bursts * burst
    clipped: Floats = np.clip(rate, 0.0, 1.0)
    return clipped


def _votes(target: Floats, control: Floats, failed: Floats) -> Votes:
    """d per vote; a failed target takes the smallest d of the unfailed."""
    d = target - control
    good = np.isfinite(d) & (failed == 0)
    return _sorted(
        "goodput", np.where(failed == 1, np.where(np.isfinite(d), d[good].min(), np.nan), d), failed
    )


def _failure_votes(target: Floats, failed: Floats) -> Votes:
    return _sorted("failure", np.where(np.isfinite(target), failed, np.nan), failed)


def _sorted(outcome: str, value: Floats, failed: Floats) -> Votes:
    where, vantage = np.nonzero(np.isfinite(value.T))
    time: Ints = ORIGIN + where * SLOT_SECONDS
    votes = Votes("platform", 1, "goodput", time, vantage, value[vantage, where], failed[vantage, where])
    return votes if outcome == "goodput" else replace(votes, outcome="failure")
