"""The spool on a disk that is full or read-only, and beside a program that keeps it locked; in a mount namespace."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from measurements import sqlcipher
from measurements.spool_file import connect
from measurements.store import Spool
from measurements.store_errors import StoreError

ROOT = Path(__file__).parents[2]

# Fills a disk of 1 MB until the spool refuses, then asks for everything that was acknowledged.
FILL = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from measurements.records import Observation
from measurements.store import Spool
from measurements.store_errors import SpoolFull

def row(number):
    return Observation(id=f"o-{number:05}", run_id="r", vantage="v", time=datetime.now(UTC), platform="vk",
                       endpoint="web", role="target", probe="tcp", host="x" * 3000)

path = Path(sys.argv[1]) / "state" / "spool.sqlite3"
with Spool(path) as spool:
    stored = 0
    try:
        while True:
            spool.add([row(stored)])
            stored += 1
    except SpoolFull as error:
        print(error)
with Spool(path) as spool:
    print(stored, len(spool.observations()))
"""

# What is stored on it can be read, so that only the writing says what is wrong.
READ_ONLY = """
import subprocess, sys
from datetime import UTC, datetime
from pathlib import Path
from measurements.records import Observation
from measurements.store import Spool
from measurements.errors import ConfigurationError

row = Observation(id="o", run_id="r", vantage="v", time=datetime.now(UTC), platform="vk", endpoint="web",
                  role="target", probe="tcp")
path = Path(sys.argv[1]) / "state" / "spool.sqlite3"
if sys.argv[2] == "with a spool":
    Spool(path).close()
subprocess.run(["mount", "-o", "remount,ro", sys.argv[1]], check=True)
try:
    with Spool(path) as spool:
        spool.add([row])
except ConfigurationError as error:
    print(error)
"""


def on_a_small_disk(tmp_path: Path, program: str, *arguments: str) -> str:
    """Run a program with a disk of 1 MB of its own; gives what it printed."""
    if not shutil.which("unshare"):
        pytest.skip("unshare (util-linux) is not here")
    script = f'mount -t tmpfs -o size=1m none "{tmp_path}" && exec "$@"'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
    done = subprocess.run(
        [*command, sys.executable, "-c", program, str(tmp_path), *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.lab
def test_a_full_disk_is_named_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    message, counts = on_a_small_disk(tmp_path, FILL).splitlines()
    assert "the disk is full; free some space and run again. What was stored before is safe" in message
    stored, found = map(int, counts.split())
    assert stored == found > 0


@pytest.mark.lab
@pytest.mark.parametrize("before", ["without a spool", "with a spool"])
def test_a_read_only_folder_is_named(tmp_path: Path, before: str) -> None:
    message = on_a_small_disk(tmp_path, READ_ONLY, before)
    assert str(tmp_path / "state") in message
    assert "--state DIR" in message


def test_a_program_that_keeps_the_spool_locked_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlcipher, "BUSY_SECONDS", 0.05)
    path = tmp_path / "state" / "spool.sqlite3"
    with Spool(path) as spool:
        other = connect(path)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program keeps it locked; stop the other efir"):
            spool.set_meta("key", 1)
        other.execute("COMMIT")
        spool.set_meta("key", 2)
        assert spool.meta("key") == 2
        other.close()
