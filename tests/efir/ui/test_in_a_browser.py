"""A volunteer's whole way through the page in Chromium, in the lab where resolvers lie about YouTube.

Pictures are left in artefacts/ui for people to look at.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import CHROMIUM

ROOT = Path(__file__).parents[3]
PICTURES = ROOT / "artefacts" / "ui"
pytestmark = [
    pytest.mark.system,
    pytest.mark.lab,
    pytest.mark.xdist_group("walk"),  # one walk for all of them
    pytest.mark.skipif(CHROMIUM is None, reason="needs the Debian package chromium"),
]


@pytest.fixture(scope="module")
def seen(require_lab: None) -> Iterator[dict[str, Any]]:
    """What tests/efir/ui/walk.py saw."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)  # the lab's programs run as an ordinary user
        (folder / "pictures").mkdir(mode=0o777)
        (folder / "pictures").chmod(0o777)
        walk = [sys.executable, "-m", "tests.efir.ui.walk", str(folder / "state"), str(folder / "pictures")]
        command = [sys.executable, "-m", "efir", "lab", "run", "dns-forge", "--", *walk]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        assert done.returncode == 0, done.stderr
        shutil.rmtree(PICTURES, ignore_errors=True)
        shutil.copytree(folder / "pictures", PICTURES)
        yield json.loads(done.stdout)


def test_the_console_stays_empty_and_nobody_else_is_asked(seen: dict[str, Any]) -> None:
    assert seen["complaints"] == []
    assert [url for url in seen["asked"] if not url.startswith(seen["address"])] == []


def test_consent_comes_first_and_only_an_informed_yes_counts(seen: dict[str, Any]) -> None:
    assert "Who can see it" in seen["first"]
    assert seen["stored_before_consent"] is False
    assert "Efir does not hide you; please read" in seen["misunderstood"]
    assert "Do you pay by volume" in seen["settings"]


def test_a_round_is_followed_and_its_verdicts_shown_by_themselves(seen: dict[str, Any]) -> None:
    assert "One round is being measured" in seen["measuring"]
    assert "Comparison sites" in seen["progress"]
    assert "A round is finished." in seen["measured"]
    assert "YouTube: blocked" in seen["results"]
    assert "Comparison sites that answered: 7 of 7" in seen["results"]


def test_day_and_night_is_paused_and_stopped(seen: dict[str, Any]) -> None:
    assert "Paused" in seen["paused"]
    assert "has ended" in seen["stopped"]


def test_wiping_leaves_nothing_and_ends_the_program(seen: dict[str, Any]) -> None:
    assert "Everything is removed" in seen["wiped"]
    assert seen["left"] is False
    assert seen["exit"] == 0


def test_no_page_has_to_be_pushed_sideways(seen: dict[str, Any]) -> None:
    assert seen["wide"] == []


def test_the_whole_consent_can_be_given_with_the_keyboard_alone(seen: dict[str, Any]) -> None:
    assert seen["by_keyboard"] == {"agreed": True, "focus_seen": True}
