#!/usr/bin/env python3
"""Simulate, measure and write docs/calibration.md; ends with 1 when a promise is not kept."""

import argparse
import os
import platform
import sys
import time
from pathlib import Path

# Before numpy comes in: many small systems of equations, threads would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from analysis.calibration.lines import Line
from analysis.calibration.measure import Effort, rates, worlds
from analysis.calibration.page import write
from analysis.calibration.promises import Results, broken
from analysis.calibration.scenarios import (
    BUSY,
    COVERAGE,
    NULLS,
    OVERLOAD,
    POWER_DROPS,
    POWER_EVENTS,
    POWER_MORE,
)

WORLDS = {"nothing is throttled": 1.0, "33 % drop": 0.67, "halved speed": 0.5}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=Effort.cells, help="a row of false alarms")
    parser.add_argument("--others", type=int, default=Effort.others, help="a row of power and coverage")
    parser.add_argument("--worlds", type=int, default=Effort.worlds)
    parser.add_argument("--out", type=Path, default=Path("docs/calibration.md"))
    given = parser.parse_args()
    effort = Effort(cells=given.cells, others=given.others, worlds=given.worlds)
    started = time.monotonic()
    results = measure(effort)
    import numpy

    made_with = (
        f"Python {platform.python_version()}, numpy {numpy.__version__}, "
        f"{(time.monotonic() - started) / 60:.0f} minutes on one core."
    )
    given.out.write_text(write(results, effort, made_with), "utf-8")
    for lack in broken(results):
        print(f"not kept: {lack}", file=sys.stderr)
    return 1 if broken(results) else 0


def measure(effort: Effort) -> Results:
    """All rows, one after the other; says on stderr where it is."""
    results = Results()
    for salt, scenario in enumerate(NULLS):
        plain = scenario.line.failures is None
        results.nulls.append(
            (scenario.name, rates(scenario.line, scenario.cells * effort.cells, effort, salt, plain))
        )
        say(scenario.name, results.nulls[-1][1].rate)
    for drop in POWER_DROPS:
        for events in POWER_EVENTS:
            line = Line(ratio=1 - drop, events=events, control_shape=0.15)
            salt = 1000 + events + int(1000 * drop)
            results.power[drop, events] = rates(line, effort.others, effort, salt)
            say(f"power {drop:.0%} {events}", results.power[drop, events].rate)
    for base, scenarios, into in (
        (3000, POWER_MORE, results.power_more),
        (4000, COVERAGE, results.coverage),
        (5000, BUSY, results.busy),
    ):
        for number, scenario in enumerate(scenarios):
            into.append((scenario.name, rates(scenario.line, effort.others, effort, base + number)))
            say(scenario.name, into[-1][1].rate, into[-1][1].coverage)
    for number, (name, ratio) in enumerate(WORLDS.items()):
        results.worlds.append((name, worlds(effort, 6000 + number, ratio)))
        say(name, results.worlds[-1][1].false_rate)
    results.overload = rates(OVERLOAD.line, effort.others, effort, 7000)
    return results


def say(name: str, *figures: float) -> None:
    print(name, *(f"{figure:.3f}" for figure in figures), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
