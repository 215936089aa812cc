"""`efir service` with the user's own systemd, where one runs: installed, running, stopped and gone.

Where none runs (containers), tests/vantage/test_service.py has systemd-analyze read the unit.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from measurements.state import StateFolder

UNIT = Path.home() / ".config" / "systemd" / "user" / "efir.service"
# A start of Python, and the unit's own settings up.
SECONDS = 30.0


def efir(*words: str, state: Path) -> str:
    command = [sys.executable, "-m", "efir", *words, "--state", str(state)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def state() -> Iterator[Path]:
    """A state folder that the unit may write: its /tmp is its own. Consent is there; measuring is paused."""
    manager = shutil.which("systemctl")
    asked = manager and subprocess.run(
        [manager, "--user", "is-system-running"], capture_output=True, text=True, check=False
    )
    if not asked or asked.stdout.strip() not in ("running", "degraded"):
        pytest.skip("no systemd runs for this user: apt-get install systemd, and log in")
    if UNIT.exists():
        pytest.skip("a service is installed here already; it is not ours to stop")
    with tempfile.TemporaryDirectory(dir=Path.home(), prefix=".efir-test-") as name:
        folder = Path(name)
        efir("consent", "--accept", state=folder)
        StateFolder(folder).paused.touch()  # nobody is contacted
        yield folder
        efir("service", "remove", state=folder)


@pytest.mark.system
def test_systemd_runs_it_and_after_the_removal_nothing_is_left(state: Path) -> None:
    efir("service", "install", state=state)
    until = time.monotonic() + SECONDS
    while not StateFolder(state).spool.exists() and time.monotonic() < until:
        time.sleep(0.1)  # another process's start, of which nothing tells
    assert StateFolder(state).spool.exists(), "under the unit's settings it can write its folder"
    told = json.loads(efir("service", "status", "--json", state=state))
    assert (told["installed"], told["running"]) == (True, True)
    efir("service", "remove", state=state)
    told = json.loads(efir("service", "status", "--json", state=state))
    assert (told["installed"], told["running"]) == (False, False)
    assert not UNIT.exists()
