"""Write docs/accuracy.md: the throttling decision over thousands of simulated sessions, row by row.

The numbers go to docs/accuracy.json first, so that the page can be written again without another run (`--render`).
`--emulated N` fills the section of the emulated network alone, from N real sessions a scenario.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

from lab.emulated import CASES, Case, Outcome, session, table
from lab.flowsim.page import render, with_end_to_end
from lab.flowsim.scenarios import SCENARIOS, SERIES_ROWS, power_rows
from lab.flowsim.score import as_json, from_json, tally
from lab.scenario_file import load, packaged
from lab.session import LabError
from measurements.targets_file import load_targets

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "accuracy.md"
NUMBERS = ROOT / "docs" / "accuracy.json"
SEED = 20180327
EVERY = (*SCENARIOS, *SERIES_ROWS, *power_rows())
END_TO_END = """Whole sessions of `efir throttle` in the emulated network: a real kernel's TCP, servers, TLS, packets
through the box of the scenario. Sessions are sped up as the lab's matrix speeds them up (at most 14 pairs, no pauses,
flows of 4 s and 131 kB); seeds from {seed} on, {jobs} sessions at a time, on {processors} processors with a load
of {load:.0f} (a busy machine slows the controls and makes them noisy). *MB* is all that a session received. The last
two columns are what the other rules above say of the session's first pair.
"""


def emulate(runs: int, seed: int, jobs: int) -> None:
    """Fill the end-to-end section, `runs` sessions a scenario, in turn; the page is written after each of them."""
    targets, files = load_targets(), packaged()
    found: dict[Case, list[Outcome]] = {case: [] for case in CASES}

    def one(case: Case, run: int) -> tuple[Case, Outcome]:
        scenario = load(files[case.scenario], targets)
        return case, session(case, replace(scenario, seed=seed + run), targets)

    with ThreadPoolExecutor(jobs) as pool:
        for future in as_completed([pool.submit(one, case, run) for run in range(runs) for case in CASES]):
            try:
                case, outcome = future.result()
            except (LabError, TimeoutExpired) as error:
                sys.stderr.write(f"left out: {error}\n")
                continue
            found[case].append(outcome)
            sys.stderr.write(f"{case.scenario}: {outcome.line['verdict']} ({outcome.line['reason']})\n")
            about = END_TO_END.format(
                seed=seed, jobs=jobs, processors=os.cpu_count(), load=os.getloadavg()[1]
            )
            section = about + "\n" + table(found)
            PAGE.write_text(with_end_to_end(PAGE.read_text(), section))


def simulate(rows: dict[str, dict[str, Any]], only: str, sessions: int, seed: int, jobs: int) -> None:
    """Fill `rows` with those whose id begins with `only`, `jobs` at a time; the numbers are kept after each."""
    wanted = [each for each in EVERY if each.id.startswith(only)]
    begun = time.monotonic()
    with ProcessPoolExecutor(jobs) as pool:
        running = [pool.submit(tally, each, sessions, seed) for each in wanted]
        for done, future in enumerate(as_completed(running), 1):
            found = future.result()
            rows[found.id] = as_json([found])[0]
            NUMBERS.write_text(json.dumps({"seed": seed, "rows": in_order(rows)}, indent=1) + "\n")
            passed = time.monotonic() - begun
            sys.stderr.write(
                f"{done}/{len(wanted)} {found.id}: {found.right}/{found.sessions} right, "
                f"{passed:.0f} s, about {passed * (len(wanted) - done) / done:.0f} s left\n"
            )


def in_order(rows: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in the order of the scenarios."""
    return [rows[each.id] for each in EVERY if each.id in rows]


def main() -> None:
    """Run all rows, or only write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=10_000, help="sessions of each row")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", default="", help="rows whose id begins so; the others keep their numbers")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="rows, or sessions of the lab, at a time"
    )
    parser.add_argument("--render", action="store_true", help="write the page from the stored numbers")
    parser.add_argument("--emulated", type=int, default=0, help="only that: so many sessions a lab scenario")
    given = parser.parse_args()
    if given.emulated:
        emulate(given.emulated, given.seed, given.jobs)
        return
    stored = json.loads(NUMBERS.read_text()) if NUMBERS.exists() else {"seed": given.seed, "rows": []}
    rows = {row["id"]: row for row in stored["rows"]}
    if not given.render:
        simulate(rows, given.only, given.sessions, given.seed, given.jobs)
    before = PAGE.read_text() if PAGE.exists() else ""
    seed = stored["seed"] if given.render else given.seed
    PAGE.write_text(render(from_json(in_order(rows)), seed, before))


if __name__ == "__main__":
    main()
