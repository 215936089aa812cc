"""`make run`: who is asked, what is contacted, and which exit code is told."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "first-run"

# Stands for efir: notes how it was called; "consent" without --accept fails until consent was accepted.
RECORDER = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
  "run --once") exit "$RUN_CODE" ;;
  "lab demo --help") exit "$DEMO" ;;
  "consent --accept") touch "$CALLS.accepted" ;;
  consent*) [ -e "$CALLS.accepted" ] || exit 3 ;;
esac
"""


def first_run(tmp_path: Path, terminal: bool = False, **environment: str) -> tuple[int, list[str], str]:
    """Exit code, calls of efir, and what was said on stderr."""
    efir, calls = tmp_path / "efir", tmp_path / "calls"
    efir.write_text(RECORDER)
    efir.chmod(0o755)
    command = [str(SCRIPT), str(efir)]
    if terminal:
        command = ["script", "--quiet", "--return", "--command", " ".join(command), "/dev/null"]
    defaults = {"PATH": os.environ["PATH"], "CALLS": str(calls), "RUN_CODE": "0", "DEMO": "2"}
    done = subprocess.run(
        command,
        env=defaults | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, calls.read_text().splitlines(), done.stderr


def test_without_a_terminal_and_without_a_yes_nothing_is_contacted(tmp_path: Path) -> None:
    code, calls, _ = first_run(tmp_path)
    assert (code, calls) == (0, ["consent", "lab demo --help"])


def test_the_demo_is_shown_where_it_is_installed(tmp_path: Path) -> None:
    assert first_run(tmp_path, DEMO="0")[1][-1] == "lab demo"


def test_a_yes_in_the_environment_is_recorded_once_and_then_measured(tmp_path: Path) -> None:
    assert first_run(tmp_path, EFIR_CONSENT="yes")[1] == ["consent --quiet", "consent --accept", "run --once"]
    assert first_run(tmp_path, EFIR_CONSENT="yes")[1][3:] == ["consent --quiet", "run --once"]


@pytest.mark.parametrize("answer", ["no", "YES", "1", ""])
def test_only_yes_is_a_yes(tmp_path: Path, answer: str) -> None:
    assert "run --once" not in first_run(tmp_path, EFIR_CONSENT=answer)[1]


def test_efirs_exit_code_is_told_since_make_hides_it(tmp_path: Path) -> None:
    code, _, said = first_run(tmp_path, EFIR_CONSENT="yes", RUN_CODE="4")
    assert code == 4
    assert "exit code 4" in said


@pytest.mark.skipif(not shutil.which("script"), reason="script (util-linux) is not here")
def test_on_a_terminal_efir_itself_asks(tmp_path: Path) -> None:
    assert first_run(tmp_path, terminal=True)[1] == ["run --once"]
