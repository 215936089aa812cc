"""`efir ui` as a program: it opens the browser, shows the address, and ends when told to."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from efir.exits import Exit

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and $BROWSER of POSIX systems")


@contextmanager
def running(state: Path, *options: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program, and the address that it tells."""
    command = [sys.executable, "-m", "efir", "ui", "--json", "--state", str(state), *options]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"EFIR_LANG": "en", "COLUMNS": "40"} | environment,
    ) as process:
        assert process.stdout
        yield process, json.loads(process.stdout.readline())["address"]
        process.kill()


def page(address: str) -> str:
    with urllib.request.urlopen(address) as answer:
        text: str = answer.read().decode()
        return text


@posix
def test_the_browser_is_sent_to_an_address_for_one_use(tmp_path: Path) -> None:
    opened, browser = tmp_path / "opened", tmp_path / "browser"
    os.mkfifo(opened)
    browser.write_text(f"#!/bin/sh\necho $1 > {opened}\n")
    browser.chmod(0o700)
    with running(tmp_path / "s", BROWSER=f"{browser} %s", DISPLAY=":none") as (_, address):
        first = opened.read_text().strip()
        token = address.rstrip("/").rpartition("/")[2]
        assert token not in first, "others can see the command lines of programs"
        assert "Who can see it" in page(first)
        with pytest.raises(urllib.error.HTTPError):
            page(first)
        assert "Who can see it" in page(address)


@posix
@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGTERM, Exit.OK), (signal.SIGINT, Exit.INTERRUPTED)], ids=["stop", "Ctrl-C"]
)
@pytest.mark.parametrize("options", [[], ["--keep-nothing"]], ids=["on disk", "in memory"])
def test_it_ends_when_told_to_and_has_stored_nothing_by_itself(
    tmp_path: Path, sent: signal.Signals, code: Exit, options: list[str]
) -> None:
    with running(tmp_path / "s", "--no-browser", *options) as (process, address):
        page(address)
        process.send_signal(sent)
        _, told = process.communicate(timeout=30)
    assert process.returncode == code
    assert "Open this address" in told
    assert "is open in your browser" not in told
    assert address in told, "in one piece, however narrow the terminal"
    assert "Traceback" not in told
    assert not (tmp_path / "s").exists()
