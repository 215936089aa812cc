"""A machine without any network, with the shipped targets: each command says so in seconds."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(not shutil.which("unshare"), reason="unshare (util-linux) is not here"),
]


def cut_off(state: Path, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in a network namespace that has nothing in it."""
    return subprocess.run(
        ["unshare", "--user", "--map-root-user", "--net", *command],
        cwd=ROOT, env=os.environ | {"EFIR_STATE": str(state), "EFIR_LANG": "en"} | environment,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip


def efir(state: Path, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and NDJSON lines."""
    done = cut_off(state, sys.executable, "-m", "efir", *arguments, "--json")
    assert "Traceback" not in done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    efir(tmp_path / "state", "consent", "--accept")
    return tmp_path / "state"


def test_make_run_ends_in_seconds_with_offline_and_exit_code_4(tmp_path: Path) -> None:
    start = time.monotonic()
    program = tmp_path / "efir"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m efir "$@"\n')
    program.chmod(0o755)
    done = cut_off(tmp_path / "state", "scripts/first-run", str(program), EFIR_CONSENT="yes")
    assert time.monotonic() - start < 10
    assert done.returncode == 4
    assert "This line is offline" in done.stdout
    assert "exit code 4" in done.stderr
    assert "blocked" not in done.stdout


def test_each_platform_gets_one_line_that_says_offline(state: Path) -> None:
    code, lines = efir(state, "run", "--once")
    verdicts = [line for line in lines if line["type"] == "verdict"]
    assert code == 4
    assert [line["platform"] for line in verdicts] == [
        "youtube", "facebook", "vk", "odnoklassniki", "twitter", "instagram", "telegram",
    ]  # fmt: skip
    assert {(line["verdict"], line["reason"].split(":")[0], line["endpoint"]) for line in verdicts} == {
        ("inconclusive", "offline", None)
    }
    assert efir(state, "results")[1] == verdicts, "what was said is what is stored"


def test_keeping_nothing_leaves_no_result_and_says_how_many_are_gone(state: Path) -> None:
    done = cut_off(state, sys.executable, "-m", "efir", "run", "--once", "--keep-nothing")
    assert done.returncode == 4
    said = re.search(r"(\d+) results were never sent and are gone now", done.stdout + done.stderr)
    assert said
    assert int(said[1]) > 7
    assert {path.name for path in state.iterdir()} == {"consent.json", "identity.json"}


def test_the_doctor_says_that_there_is_no_way_out(state: Path) -> None:
    code, lines = efir(state, "doctor")
    assert code == 4
    assert {line["check"]: line["code"] for line in lines}["network"] == "no_route"


def test_entries_of_the_targets_file_cannot_be_tried(state: Path) -> None:
    code, lines = efir(state, "targets", "check")
    assert code == 4
    assert lines[-1]["text"] == "this line is offline; nothing could be tried"
