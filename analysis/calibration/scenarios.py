"""The table of what is simulated. A row of docs/calibration.md is a row here."""

from dataclasses import dataclass
from typing import Final

from analysis.calibration.lines import Line


@dataclass(frozen=True)
class Scenario:
    """A name in words and the line that is simulated."""

    name: str
    line: Line
    cells: int = 1  # times as many as in other rows, where the rate is near what is promised


# Nothing keeps the hours of the events: every p below .05 is a false alarm.
NULLS: Final = (
    Scenario("events at random hours", Line(at="any")),
    Scenario("evening events", Line()),
    Scenario("evening events, 5 of them", Line(events=5)),
    Scenario("evening events, 30 of them", Line(events=30)),
    Scenario("control with another daily shape", Line(control_shape=0.15)),
    Scenario("events congest the whole provider", Line(congestion=0.3)),
    Scenario("platform drifts (random walk)", Line(drift=1.0)),
    Scenario("weekend dip, events at weekends", Line(at="weekend", weekend_dip=0.2, events=8)),
    Scenario("heavy tails", Line(heavy=True)),
    Scenario("evenings 1.5 times as noisy", Line(evening_noise=1.5)),
    Scenario("evenings 2 times as noisy", Line(evening_noise=2.0)),
    Scenario("evenings 3 times as noisy", Line(evening_noise=3.0)),
    Scenario("60 % of the votes in the windows lost", Line(lost_inside=0.6)),
    Scenario("60 % lost, evenings 2 times as noisy", Line(lost_inside=0.6, evening_noise=2.0)),
    Scenario("platform slower for a season with most events", Line(season_dip=0.7, events=12)),
    Scenario("other causes, listed", Line(other_causes=4)),
    Scenario("other causes, not listed", Line(other_causes=4, other_listed=False), cells=4),
    Scenario("five vantages of one provider", Line(vantages=5, votes_per_bin=0.3)),
    Scenario("one vote in five half hours, 20 events", Line(votes_per_bin=0.2, events=20)),
    Scenario("failures: 3 %", Line(failures=0.03)),
    Scenario("failures: 2 %, evenings 8 %", Line(failures=0.02, evening_failures=0.06)),
    Scenario("failures: 2 %, bursts of hours", Line(failures=0.02, failure_bursts=0.6)),
    Scenario("failures: a block of a whole season", Line(failures=0.02, failure_season=0.7, events=12)),
    Scenario(
        "failures: few votes, a season",
        Line(failures=0.02, failure_season=0.7, votes_per_bin=0.25, events=16),
    ),
    Scenario("an event every Saturday evening", Line(at="saturdays", weekend_dip=0.2, events=8)),
)

# Not a null: the event itself loads the platform. No test on one platform and provider can tell it from throttling.
OVERLOAD: Final = Scenario("the event's own audience slows the platform by 20 %", Line(ratio=0.8))

POWER_DROPS: Final = (0.10, 0.18, 0.33)
POWER_EVENTS: Final = (5, 10, 20, 30)

# Power where the effect comes with what real throttling brings.
POWER_MORE: Final = (
    Scenario("33 % drop, overruns by 2 h", Line(ratio=0.67, overrun_hours=2)),
    Scenario("33 % drop, evenings 2 times as noisy", Line(ratio=0.67, evening_noise=2.0)),
    Scenario("33 % drop, heavy tails", Line(ratio=0.67, heavy=True)),
    Scenario("75 % drop, half of the flows in the windows fail", Line(ratio=0.25, failed_inside=0.5)),
    Scenario("75 % drop, 80 % of the votes in the windows lost", Line(ratio=0.25, lost_inside=0.8)),
    Scenario("33 % drop, five vantages", Line(ratio=0.67, vantages=5, votes_per_bin=0.3)),
    Scenario("failures from 3 % to 53 %", Line(failures=0.03, failures_inside=0.5)),
    Scenario("failures from 3 % to 18 %", Line(failures=0.03, failures_inside=0.15)),
)

COVERAGE: Final = (
    Scenario("no effect", Line()),
    Scenario("33 % drop, 5 events", Line(ratio=0.67, events=5)),
    Scenario("33 % drop, 10 events", Line(ratio=0.67)),
    Scenario("33 % drop, 20 events", Line(ratio=0.67, events=20)),
    Scenario("33 % drop, 30 events", Line(ratio=0.67, events=30)),
    Scenario("33 % drop, overruns by 1 h", Line(ratio=0.67, overrun_hours=1)),
    Scenario("33 % drop, overruns by 2 h", Line(ratio=0.67, overrun_hours=2)),
    Scenario("75 % drop, overruns by 2 h", Line(ratio=0.25, overrun_hours=2)),
    Scenario("33 % drop, evenings 3 times as noisy", Line(ratio=0.67, evening_noise=3.0)),
    Scenario("33 % drop, heavy tails", Line(ratio=0.67, heavy=True)),
    Scenario("33 % drop, platform drifts", Line(ratio=0.67, drift=1.0)),
    Scenario("33 % drop, 60 % of the votes in the windows lost", Line(ratio=0.67, lost_inside=0.6)),
    Scenario("33 % drop, five vantages", Line(ratio=0.67, vantages=5, votes_per_bin=0.3)),
)

# Events on nearly every evening: no shift test; onset alignment only where starts vary.
BUSY: Final = (
    Scenario("120 of 120 evenings, fixed start", Line(days=120, events=120, spread_hours=0.0)),
    Scenario("100 of 120 evenings, fixed start", Line(days=120, events=100, spread_hours=0.0)),
    Scenario("120 of 120 evenings, starts vary", Line(days=120, events=120)),
    Scenario("100 of 120 evenings, starts vary", Line(days=120, events=100)),
    Scenario(
        "120 of 120, starts vary, evenings 3 times as noisy", Line(days=120, events=120, evening_noise=3.0)
    ),
    Scenario(
        "120 of 120, fixed start, halved speed", Line(days=120, events=120, spread_hours=0.0, ratio=0.5)
    ),
    Scenario("120 of 120, starts vary, halved speed", Line(days=120, events=120, ratio=0.5)),
)
