#!/usr/bin/env python3
"""Simulate, measure and write docs/calibration.md; ends with 1 when a promise is not kept."""

import argparse
import os
import platform
import sys
import time
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

# Before numpy comes in: many small systems of equations, threads would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from analysis.calibration.lines import Line
from analysis.calibration.measure import Effort, Rates, rates, worlds
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

T = TypeVar("T")

WORLDS = {"nothing is throttled": 1.0, "33 % drop": 0.67, "halved speed": 0.5}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=Effort.cells, help="a row of false alarms")
    parser.add_argument("--others", type=int, default=Effort.others, help="a row of power and coverage")
    parser.add_argument("--worlds", type=int, default=Effort.worlds)
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count(), help="processes; the figures stay the same"
    )
    parser.add_argument("--out", type=Path, default=Path("docs/calibration.md"))
    given = parser.parse_args()
    effort = Effort(cells=given.cells, others=given.others, worlds=given.worlds)
    started = time.monotonic()
    results = measure(effort, given.jobs)
    import numpy

    made_with = (
        f"Python {platform.python_version()}, numpy {numpy.__version__}, "
        f"{(time.monotonic() - started) / 60:.0f} minutes on {given.jobs} cores."
    )
    given.out.write_text(write(results, effort, made_with), "utf-8")
    for lack in broken(results):
        print(f"not kept: {lack}", file=sys.stderr)
    return 1 if broken(results) else 0


def measure(effort: Effort, jobs: int) -> Results:
    """All rows, `jobs` at a time; says on stderr which are done."""
    with ProcessPoolExecutor(jobs) as pool:

        def row(name: str, line: Line, cells: int, salt: int, plain: bool = False) -> Future[Rates]:
            return _said(name, pool.submit(rates, line, cells, effort, salt, plain))

        nulls = [
            (
                each.name,
                row(each.name, each.line, each.cells * effort.cells, salt, each.line.failures is None),
            )
            for salt, each in enumerate(NULLS)
        ]
        power = {
            (drop, events): row(
                f"power {drop:.0%} {events}",
                Line(ratio=1 - drop, events=events, control_shape=0.15),
                effort.others,
                1000 + events + int(1000 * drop),
            )
            for drop in POWER_DROPS
            for events in POWER_EVENTS
        }
        more, coverage, busy = (
            [
                (each.name, row(each.name, each.line, effort.others, salt))
                for salt, each in enumerate(rows, first)
            ]
            for first, rows in ((3000, POWER_MORE), (4000, COVERAGE), (5000, BUSY))
        )
        found = [
            (name, pool.submit(worlds, effort, salt, ratio))
            for salt, (name, ratio) in enumerate(WORLDS.items(), 6000)
        ]
        overload = row(OVERLOAD.name, OVERLOAD.line, effort.others, 7000)
        return Results(
            nulls=_ended(nulls),
            power={place: each.result() for place, each in power.items()},
            power_more=_ended(more),
            coverage=_ended(coverage),
            busy=_ended(busy),
            worlds=_ended(found),
            overload=overload.result(),
        )


def _said(name: str, row: Future[Rates]) -> Future[Rates]:
    def say(ended: Future[Rates]) -> None:
        print(f"{name}: {ended.result().rate:.3f}", file=sys.stderr, flush=True)

    row.add_done_callback(say)
    return row


def _ended(rows: list[tuple[str, Future[T]]]) -> list[tuple[str, T]]:
    return [(name, row.result()) for name, row in rows]


if __name__ == "__main__":
    sys.exit(main())
