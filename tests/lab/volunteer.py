"""A volunteer in the lab who agreed to sending and took an invite; tests let them live through hours in seconds."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab.addresses import SERVER_IPV4
from lab.running import Running
from measurements.state import StateFolder
from vantage.consent import TEXT_VERSION, Consent, write_consent

EFIR = [sys.executable, "-m", "efir"]
COLLECTOR_PORT = 8080
_ROOT = Path(__file__).parents[2]


@contextmanager
def collecting(lab: Running) -> Iterator[Path]:
    """A collector on the servers' side, whose invite the volunteer takes; gives the collector's folder."""
    folder, invite = lab.session.folder / "collector", lab.session.folder / "invite.json"
    url = f"http://{SERVER_IPV4}:{COLLECTOR_PORT}"
    quiet = {"check": True, "stdout": subprocess.DEVNULL}
    subprocess.run(
        [*EFIR, "collect", "invite", "--store", folder, "--collector", url, "--out", invite], **quiet
    )
    subprocess.run([*EFIR, "invite", invite, "--state", lab.state], **quiet)
    agreed = {"helper": True, "upload": True, "live": True}
    consent = Consent(time=datetime.now(UTC), text_version=TEXT_VERSION, interactive=True, **agreed)
    write_consent(StateFolder(lab.state), consent)
    listen = f"{SERVER_IPV4}:{COLLECTOR_PORT}"
    command = [*EFIR, "collect", "--store", str(folder), "--listen", listen, "--quiet"]
    process = lab.session.popen(command, server_side=True)
    try:
        yield folder
    finally:
        process.send_signal(15)
        process.wait(10)


def live(lab: Running, hours: float, *options: str) -> Any:
    """Let so many hours of `efir run` pass; gives what `tests.lab.fast_day` says."""
    files = (lab.state, lab.targets, lab.ca_file)
    command = [sys.executable, "-m", "tests.lab.fast_day", *map(str, files), str(hours), *options]
    run = lab.session.run(command, capture=True, timeout=120, cwd=_ROOT)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)
