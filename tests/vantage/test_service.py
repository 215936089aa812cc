"""Service files, read again by what can read them here."""

import plistlib
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from vantage.service import System, service

HOME = Path("/home/somebody")
STATE = Path("/home/somebody/.local/state/my 100%efir")
PROGRAM = ["/opt/my python/bin/python", "-m", "efir"]
RUN = ["run", "--quiet", "--state", str(STATE), "--start-within", "900"]
SYSTEMS: tuple[System, ...] = ("systemd", "launchd", "windows")


def test_systemd_gets_a_hardened_user_unit() -> None:
    made = service("systemd", PROGRAM, HOME, STATE)
    text = made.content.decode()
    assert made.path == HOME / ".config/systemd/user/efir.service"
    assert 'ExecStart="/opt/my python/bin/python" "-m" "efir" "run"' in text
    assert '"/home/somebody/.local/state/my 100%%efir"' in text
    for line in (
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "SystemCallFilter=@system-service",
        "UMask=0077",
    ):
        assert line in text
    assert "CAP_" not in text
    assert made.install[-1][-3:] == ("enable", "--now", "efir.service")


@pytest.mark.system
def test_systemd_itself_finds_no_fault_in_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is missing: apt-get install systemd")
    unit = tmp_path / "efir.service"
    unit.write_bytes(service("systemd", ["/bin/true"], tmp_path, tmp_path / "state").content)
    done = subprocess.run(
        [analyze, "verify", "--user", str(unit)], capture_output=True, text=True, check=False
    )
    assert [line for line in done.stderr.splitlines() if "efir.service" in line] == []


def test_launchd_gets_an_agent_that_ends_with_a_good_exit() -> None:
    made = service("launchd", PROGRAM, HOME, STATE)
    agent = plistlib.loads(made.content)
    assert agent["ProgramArguments"] == PROGRAM + RUN
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert made.path == HOME / "Library/LaunchAgents/org.efir.run.plist"


def test_windows_gets_a_task_with_the_users_own_rights() -> None:
    made = service("windows", ["C:\\Py & Co\\python.exe", "-m", "efir"], HOME, STATE)
    space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    task = ElementTree.fromstring(made.content)
    assert task.findtext(f".//{space}Command") == "C:\\Py & Co\\python.exe"
    arguments = task.findtext(f".//{space}Arguments") or ""
    assert arguments.startswith("-m efir run --quiet --state")
    assert f'"{STATE}"' in arguments
    assert task.findtext(f".//{space}RunLevel") == "LeastPrivilege"
    assert task.findtext(f".//{space}ExecutionTimeLimit") == "PT0S"


def test_the_service_finds_a_key_that_lies_elsewhere() -> None:
    environment = {"EFIR_KEY_FILE": "/media/my $tick/100%.key"}
    unit = service("systemd", PROGRAM, HOME, STATE, environment).content.decode()
    assert 'Environment="EFIR_KEY_FILE=/media/my $tick/100%%.key"' in unit
    agent = plistlib.loads(service("launchd", PROGRAM, HOME, STATE, environment).content)
    assert agent["EnvironmentVariables"] == environment


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_can_be_removed_as_it_was_installed(system: System) -> None:
    made = service(system, PROGRAM, HOME, STATE)
    assert made.remove
    assert made.status
    assert made.install[0][0] == made.remove[0][0] == made.status[0]
