import contextlib
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.addresses import MOVED_IPV4, SERVER_IPV4, SERVER_IPV6
from lab.availability import python_environment
from lab.session import LabError, LabSession, World

pytestmark = pytest.mark.lab

FAMILIES = [(socket.AF_INET, SERVER_IPV4), (socket.AF_INET6, SERVER_IPV6)]


@pytest.mark.parametrize(("family", "server"), FAMILIES, ids=["ipv4", "ipv6"])
def test_a_connection_takes_one_round_trip(
    load: Callable[..., LabSession], family: socket.AddressFamily, server: str
) -> None:
    lab = load(one_way_delay=0.05)
    with lab.socket(family, server_side=True) as listener, lab.socket(family) as client:
        listener.bind((server, 0))
        listener.listen()
        start = time.monotonic()
        client.connect(listener.getsockname()[:2])
        assert 0.1 <= time.monotonic() - start < 0.15


def test_programs_inside_are_no_root_and_see_the_labs_resolver(load: Callable[..., LabSession]) -> None:
    seen = load().run(["sh", "-c", "id -u; cat /etc/resolv.conf /etc/hosts"], capture=True)
    assert seen.stdout.splitlines() == [
        "1000",
        "nameserver 192.0.2.53",
        "nameserver 2001:db8::53",
        "127.0.0.1 localhost",
        "::1 localhost",
    ]


def test_a_program_that_does_not_exist_ends_with_127(load: Callable[..., LabSession]) -> None:
    done = load().run(["no-such-program"], capture=True)
    assert (done.returncode, done.stderr) == (127, "no-such-program: No such file or directory\n")


def test_a_program_that_takes_too_long_is_killed(load: Callable[..., LabSession]) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        load().run(["sleep", "60"], timeout=0.05)


def test_proxy_settings_stay_outside(
    load: Callable[..., LabSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    assert "proxy.example" not in load().run(["env"], capture=True).stdout


def test_an_ipv6_only_link_has_no_ipv4_route(load: Callable[..., LabSession]) -> None:
    lab = load(ipv4=False)
    with lab.socket(socket.AF_INET) as client, pytest.raises(OSError, match="unreachable"):
        client.connect((SERVER_IPV4, 80))
    load()


def test_a_client_that_moves_goes_on_from_another_address(load: Callable[..., LabSession]) -> None:
    lab = load()
    done = lab.run(
        [sys.executable, "-m", "lab.engine.move", "0"],
        privileged=True,
        env=python_environment(),
        capture=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    with lab.socket(socket.AF_INET, server_side=True) as listener, lab.socket(socket.AF_INET) as client:
        listener.bind((SERVER_IPV4, 0))
        listener.listen()
        client.connect(listener.getsockname())
        server, (address, _) = listener.accept()
        server.close()
    assert address == MOVED_IPV4
    load()


WORLD = """
import json, os, socket, time
def serve(config, ready):
    server = socket.create_server((config["address"], 80))
    os.write(ready, json.dumps({"port": 80}).encode() + b"\\n")
    while True:
        connection, _ = server.accept()
        connection.sendall(b"hello")
        connection.close()
def fail(config, ready):
    raise ValueError("no certificates")
"""


@pytest.fixture
def world_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "little_world.py").write_text(WORLD, encoding="ascii")
    monkeypatch.syspath_prepend(tmp_path)
    return "little_world"


def test_a_world_serves_on_addresses_of_its_own(load: Callable[..., LabSession], world_module: str) -> None:
    lab = load()
    lab.serve(
        World(serve=f"{world_module}:serve", config={"address": "203.0.113.7"}, prefixes=("203.0.113.0/24",))
    )
    assert lab.world_info == {"port": 80}
    with lab.socket(socket.AF_INET) as client:
        client.connect(("203.0.113.7", 80))
        assert client.recv(100) == b"hello"


def test_a_world_that_fails_says_why(load: Callable[..., LabSession], world_module: str) -> None:
    with pytest.raises(LabError, match="no certificates"):
        load().serve(World(serve=f"{world_module}:fail"))


def test_a_world_takes_the_place_of_one_that_failed(
    load: Callable[..., LabSession], world_module: str
) -> None:
    lab = load()
    with pytest.raises(LabError):
        lab.serve(World(serve=f"{world_module}:fail"))
    lab.serve(
        World(serve=f"{world_module}:serve", config={"address": "203.0.113.8"}, prefixes=("203.0.113.0/24",))
    )
    assert lab.world_info == {"port": 80}


LEAVE = """
import os, signal, sys
from lab.scenario import Scenario
from lab.session import LabSession
lab = LabSession(Scenario(name="left", title="Left behind")).__enter__()
process = lab.popen(["sleep", "300"])
print(lab.folder, lab._engine.pid, flush=True)
{end}
"""
ENDS = {
    "the caller is killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "the caller is interrupted": "os.kill(os.getpid(), signal.SIGINT)",
    "the caller forgets to close": "os._exit(0)",
    "the engine is killed": "os.kill(lab._engine.pid, signal.SIGKILL); process.wait(); lab.close()",
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_nothing_is_left_when(require_lab: None, end: str) -> None:
    script = LEAVE.format(end=end)
    # The program inside holds our pipe open, so this returns only once it has ended
    left = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    folder, engine = left.stdout.split()
    with contextlib.suppress(ProcessLookupError):
        descriptor = os.pidfd_open(int(engine))
        assert select.select([descriptor], [], [], 10)[0]
        os.close(descriptor)
    assert not Path(folder).exists()
