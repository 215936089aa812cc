"""A continuous run on an emulated open line: its small pairs, and how it is stopped. A whole day is in tests/lab."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("run")  # one run for all of them
EFIR = [sys.executable, "-m", "efir"]
PLATFORMS = ("youtube", "facebook", "vk")
ONLY = " ".join(f"--platform {name}" for name in PLATFORMS)
WORLD = "--targets $EFIR_LAB_TARGETS --ca-file $EFIR_LAB_CA"
RUN = f'{sys.executable} -m efir run {ONLY} {WORLD} --json --quiet --state "$0"'
ACCEPT = f'{sys.executable} -m efir consent --accept --quiet --state "$0"'


@pytest.fixture(scope="module")
def measured(require_lab: None) -> Iterator[tuple[Path, list[dict[str, object]], int]]:
    """State folder, lines and exit code of a run whose consent was taken back after the first small pairs."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)  # the lab's programs run as an ordinary user
        state = Path(name) / "state"
        command = [*EFIR, "lab", "run", "open", "--", "sh", "-c", f"{ACCEPT} && exec {RUN}", str(state)]
        lines: list[dict[str, object]] = []
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            for text in running.stdout:
                lines.append(json.loads(text))
                if sum(line["type"] == "sentinel" for line in lines) == len(PLATFORMS):
                    subprocess.run(
                        [*EFIR, "consent", "--withdraw", "--quiet", "--state", str(state)], check=True
                    )
                    break
            running.communicate(timeout=60)
        yield state, lines, running.returncode


@pytest.mark.lab
def test_each_platform_has_a_small_pair_and_most_look_fast(
    measured: tuple[Path, list[dict[str, object]], int],
) -> None:
    ratios = {line["platform"]: line["ratio"] for line in measured[1] if line["type"] == "sentinel"}
    assert set(ratios) == set(PLATFORMS)
    # A single pair on a busy computer may look slow by chance; that is why three of four start a session.
    assert sum(isinstance(ratio, float) and ratio > 0.5 for ratio in ratios.values()) >= 2


@pytest.mark.lab
def test_taking_the_consent_back_from_elsewhere_ends_it_well(
    measured: tuple[Path, list[dict[str, object]], int],
) -> None:
    assert measured[2] == 0
