"""How often `efir changes` sees changes where there are none, and misses planted ones."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from analysis.calibration.lines import ORIGIN, SLOT_SECONDS, SLOTS, Line, simulate
from analysis.calibration.scenarios import Scenario
from analysis.changes.detect import CONFIDENCE, changes
from analysis.correlate.types import Votes

HOUR = 3600
# Allowed share of innocent cells with a change: twice what the confidence says, since levels of noise are estimates.
PROMISED: Final = 2 * (1 - CONFIDENCE)
# Planted between these days, so that both sides are seen.
_DAYS = 5, 45

# No level changes here: each cell with a change is a false alarm.
NULLS: Final = (
    Scenario("a usual line", Line(events=0)),
    Scenario("evenings 1.5 times as noisy", Line(events=0, evening_noise=1.5)),
    Scenario("evenings 2 times as noisy", Line(events=0, evening_noise=2.0)),
    Scenario("evenings 3 times as noisy", Line(events=0, evening_noise=3.0)),
    Scenario("noise without memory", Line(events=0, memory=0.0)),
    Scenario("noise with a memory of 0.4", Line(events=0, memory=0.4)),
    Scenario("noise with a memory of 0.95", Line(events=0, memory=0.95)),
    Scenario("heavy tails", Line(events=0, heavy=True)),
    Scenario("heavy tails, evenings 3 times as noisy", Line(events=0, heavy=True, evening_noise=3.0)),
    Scenario("each day has a level (sd 0.15)", Line(events=0, day_noise=0.15)),
    Scenario("weekends are 20 % slower", Line(events=0, weekend_dip=0.22)),
    Scenario("platform drifts (random walk, sd 0.2 at the end)", Line(events=0, drift=0.2)),
    Scenario("control with another daily shape", Line(events=0, control_shape=0.15)),
    Scenario("one flow in fifty fails", Line(events=0, failed=0.02)),
    Scenario("60 % of the votes missing", Line(events=0, votes_per_bin=0.4)),
    Scenario("80 % of the votes missing", Line(events=0, votes_per_bin=0.2)),
    Scenario("five vantages", Line(events=0, vantages=5, votes_per_bin=0.3)),
    Scenario("two weeks of data", Line(events=0, days=14)),
    Scenario("failures: 3 %", Line(events=0, failures=0.03)),
    Scenario("failures: 2 %, evenings 8 %", Line(events=0, failures=0.02, evening_failures=0.06)),
)

# Harm of these shares, for these hours: three in the evening, others from any hour on.
HARMS: Final = (0.20, 0.33, 0.50, 0.75)
DURATIONS: Final = (3, 12, 72, 240)
POWER: Final = (
    Scenario("a usual line", Line(events=0)),
    Scenario("evenings 3 times as noisy", Line(events=0, evening_noise=3.0)),
    Scenario("a quiet line", Line(events=0, noise=0.1, memory=0.5)),
    Scenario("failures: 3 %", Line(events=0, failures=0.03)),
)


@dataclass(frozen=True)
class Planted:
    """Votes with harm from `first` to `last`, seconds since 1970."""

    votes: Votes
    first: int
    last: int


def plant(votes: Votes, harm: float, hours: int, rng: np.random.Generator) -> Planted:
    """Goodput lowered by the share `harm`, or so many more of the probes failing, for some hours."""
    start = int(rng.integers(*_DAYS)) * SLOTS + (
        19 * 2 if hours == DURATIONS[0] else int(rng.integers(SLOTS))
    )
    first = ORIGIN + start * SLOT_SECONDS
    inside = (votes.time >= first) & (votes.time < first + hours * HOUR)
    if votes.outcome == "goodput":
        value, failed = votes.value + np.log(1 - harm) * inside, votes.failed
    else:
        value = failed = np.maximum(votes.value, inside & (rng.random(len(votes)) < harm))
    return Planted(replace(votes, value=value, failed=failed), first, first + hours * HOUR)


def found(planted: Planted) -> bool:
    """True if an onset is reported near the planted one: within two hours, or a quarter of its duration."""
    near = max(2 * HOUR, (planted.last - planted.first) // 4)
    return any(
        change.direction == "onset" and abs(change.time.timestamp() - planted.first) <= near
        for change in changes(planted.votes)
    )


def share(cells: int, seed: int, salt: int, alarm: Callable[[np.random.Generator], bool]) -> float:
    """The share of simulated cells in which `alarm` is true."""
    return sum(alarm(np.random.default_rng([seed, salt, number])) for number in range(cells)) / cells


def false_alarms(line: Line, cells: int, seed: int, salt: int) -> float:
    """The share of innocent cells in which any change is seen."""
    return share(cells, seed, salt, lambda rng: bool(changes(simulate(line, rng).votes)))


def power(line: Line, harm: float, hours: int, cells: int, seed: int, salt: int) -> float:
    """The share of cells in which the planted onset is found."""
    return share(cells, seed, salt, lambda rng: found(plant(simulate(line, rng).votes, harm, hours, rng)))
