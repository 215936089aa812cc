"""Write docs/accuracy.md: the throttling decision over thousands of simulated sessions, row by row.

The numbers go to docs/accuracy.json first, so that the page can be written again without another run (`--render`).
The section that the emulated network fills is left as it is.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from lab.flowsim.page import render
from lab.flowsim.scenarios import SCENARIOS, Scenario, power_rows
from lab.flowsim.score import as_json, from_json, tally

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "accuracy.md"
NUMBERS = ROOT / "docs" / "accuracy.json"
SEED = 20180327


def count_for(scenario: Scenario, most: int) -> int:
    """False alarms are rare and need many sessions to bound; power and undecidable rows do not."""
    if not scenario.main:
        return max(1, most // 5)
    return max(1, most // 2) if scenario.want == ("throttled",) else most


def main() -> None:
    """Run all rows, or only write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=10_000, help="sessions of each innocent row")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", default="", help="rows whose id begins so; the others keep their numbers")
    parser.add_argument("--render", action="store_true", help="write the page from the stored numbers")
    given = parser.parse_args()
    stored = json.loads(NUMBERS.read_text()) if NUMBERS.exists() else {"seed": given.seed, "rows": []}
    rows = {row["id"]: row for row in stored["rows"]}
    every = (*SCENARIOS, *power_rows())
    for scenario in () if given.render else every:
        if not scenario.id.startswith(given.only):
            continue
        begun = time.monotonic()
        found = tally(scenario, count_for(scenario, given.sessions), given.seed)
        rows[found.id] = as_json([found])[0]
        sys.stderr.write(
            f"{found.id}: {found.right}/{found.sessions} right, {time.monotonic() - begun:.0f} s\n"
        )
        kept = [rows[each.id] for each in every if each.id in rows]
        NUMBERS.write_text(json.dumps({"seed": given.seed, "rows": kept}, indent=1) + "\n")
    kept = [rows[each.id] for each in every if each.id in rows]
    before = PAGE.read_text() if PAGE.exists() else ""
    PAGE.write_text(render(from_json(kept), stored["seed"] if given.render else given.seed, before))


if __name__ == "__main__":
    main()
