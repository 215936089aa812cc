#!/usr/bin/env python3
"""Simulate, measure and write docs/calibration-changes.md; ends with 1 when a promise is not kept."""

import argparse
import os
import platform
import sys
import time
from pathlib import Path

# Before numpy comes in: as in calibrate.py.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy

from analysis.calibration.changes_page import broken_changes, write_changes
from analysis.calibration.level_changes import DURATIONS, HARMS, NULLS, POWER, false_alarms, power

SEED = 20240301


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=300, help="a row of false alarms")
    parser.add_argument("--others", type=int, default=60, help="a figure of power")
    parser.add_argument("--out", type=Path, default=Path("docs/calibration-changes.md"))
    given = parser.parse_args()
    started = time.process_time()
    nulls = []
    for salt, row in enumerate(NULLS):
        nulls.append((row.name, false_alarms(row.line, given.cells, SEED, salt)))
        print(*nulls[-1], file=sys.stderr, flush=True)
    found = []
    for salt, row in enumerate(POWER, 1000):
        for hours in DURATIONS:
            shares = [power(row.line, harm, hours, given.others, SEED, salt) for harm in HARMS]
            found.append((row.name, hours, shares))
            print(*found[-1], file=sys.stderr, flush=True)
    made_with = (
        f"Seed {SEED}. Python {platform.python_version()}, numpy {numpy.__version__}, "
        f"{(time.process_time() - started) / 60:.0f} minutes of one core."
    )
    given.out.write_text(write_changes(nulls, found, (given.cells, given.others), made_with), "utf-8")
    lacks = broken_changes(nulls, given.cells)
    for lack in lacks:
        print(f"not kept: {lack}", file=sys.stderr)
    return 1 if lacks else 0


if __name__ == "__main__":
    sys.exit(main())
