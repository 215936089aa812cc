"""A stop by the system, or by closing the terminal's window, is the same as Ctrl-C: what is there is kept and said."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from efir.exits import Exit
from measurements.state import StateFolder
from measurements.store import Spool

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")

# A control that takes connections and then says nothing, so that the command is surely measuring.
TARGETS = """version: 1
platforms:
  video:
    name: Video
    endpoints: [{{id: web, url: "https://127.0.0.1:{port}/", probes: [tcp, tls]}}]
controls:
  - {{id: silent, name: Silent, scope: foreign, url: "https://127.0.0.1:{port}/", probes: [tcp, tls]}}
"""


def stopped(state: Path, words: list[str], sent: signal.Signals, terminal: bool = False) -> tuple[int, str]:
    """Exit code and standard output of `efir` that was sent a signal while it measured; a terminal is gone by then."""
    efir = [sys.executable, "-m", "efir"]
    subprocess.run([*efir, "consent", "--accept", "--quiet", "--state", state], check=True)
    window, screen = os.openpty()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        targets = state / "few.yaml"
        targets.write_text(TARGETS.format(port=silent.getsockname()[1]))
        silent.settimeout(30)
        with subprocess.Popen(
            [*efir, *words, "--state", state, "--targets", targets],
            stdout=screen if terminal else subprocess.PIPE, stderr=screen if terminal else None, text=True,
        ) as process:  # fmt: skip
            reached, _ = silent.accept()
            with reached:
                os.close(window)
                process.send_signal(sent)
                said, _ = process.communicate(timeout=30)
    os.close(screen)
    return process.returncode, said


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP], ids=lambda sent: sent.name)
@pytest.mark.parametrize(
    ("words", "word"),
    [(["run", "--once"], '"cancelled":true'), (["throttle", "video"], '"reason":"interrupted"')],
    ids=["run", "throttle"],
)
def test_a_stopped_measurement_says_so_and_is_kept(
    tmp_path: Path, sent: signal.Signals, words: list[str], word: str
) -> None:
    code, said = stopped(tmp_path, [*words, "--json"], sent)
    assert code == Exit.INTERRUPTED
    assert word in said
    with Spool(StateFolder(tmp_path).spool) as spool:
        assert spool.rounds() or spool.sessions()


def test_a_round_is_kept_when_its_terminal_is_closed(tmp_path: Path) -> None:
    code, _ = stopped(tmp_path, ["run", "--once"], signal.SIGHUP, terminal=True)
    assert code == Exit.INTERRUPTED
    with Spool(StateFolder(tmp_path).spool) as spool:
        assert [summary.cancelled for _, summary in spool.rounds()] == [True]


def test_what_is_not_kept_is_neither_said_to_be_nor_to_be_explained(tmp_path: Path) -> None:
    code, said = stopped(tmp_path, ["run", "--once", "--keep-nothing"], signal.SIGTERM)
    assert code == Exit.INTERRUPTED
    assert "nothing of it is kept" in said
    assert "efir explain" not in said
