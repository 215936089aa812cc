"""A slice of `make torture`: nothing lost, nothing twice."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "torture"


def test_nothing_is_lost_and_nothing_counts_twice_through_faults() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "--rounds", "25", "--seed", "11"],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert "twice 0, lost 0, foreign 0, marked too early 0" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0
    assert "acknowledged 0," not in done.stdout
