"""The same rules on the path of ours and in the kernel's packet filter: curl and dig must see the same."""

import contextlib
import shutil
import socket
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from lab.kernel.nft import NotExpressible, statement
from lab.scenario import (
    Action,
    Delay,
    Drop,
    Link,
    Lose,
    Police,
    Reset,
    Rule,
    Scenario,
    Trigger,
    Unreachable,
    Window,
)
from lab.session import LabSession, World
from lab.world.changes import WorldChanges
from lab.world.plan import make_plan
from lab.world.serve import live_addresses
from measurements.targets import Targets

SITE, ADDRESS = "www.tube.test", "11.6.1.1"
TARGETS = {
    "version": 1,
    "platforms": {
        "tube": {
            "name": "Tube",
            "endpoints": [
                {"id": "web", "url": f"https://{SITE}/", "probes": ["tls"], "expect": {"status": 204}}
            ],
        }
    },
    "controls": [
        {"id": "pedia", "name": "Pedia", "scope": "foreign", "url": "https://pedia.test/", "probes": ["tls"]}
    ],
    "resolvers": [{"id": "system"}],
}
HERE = Trigger(prefixes=(ADDRESS,), protocols=("tcp",))


# Seconds' worth of the rate that a full bucket holds beside the burst: nftables counts its bucket so (nft_limit.c)
BUCKET_ABOVE_BURST = {"path": 0, "kernel": 1}


def rule(action: Action, trigger: Trigger = HERE, **fields: Any) -> Rule:
    return Rule(name="test", trigger=trigger, action=action, **fields)


@pytest.fixture(scope="module", params=["path", "kernel"])
def lab(request: pytest.FixtureRequest, require_lab: None) -> Iterator[LabSession]:
    missing = [name for name in ("nft", "ip", "curl", "dig") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    targets = msgspec.convert(TARGETS, Targets)
    plan, changes = make_plan(targets), WorldChanges()
    assert plan.names[SITE][0] == ADDRESS
    with LabSession(
        Scenario(name="open", title="Open", link=Link(one_way_delay=0.001)), engine=request.param
    ) as lab:
        config = {"targets": targets, "world": changes, "folder": lab.folder}
        lab.serve(World(serve="lab.world.serve:serve", config=config, prefixes=live_addresses(plan, changes)))
        yield lab


@pytest.fixture
def load(lab: LabSession) -> Callable[..., LabSession]:
    def load_rules(*rules: Rule) -> LabSession:
        lab.load(Scenario(name="test", title="Test", link=Link(one_way_delay=0.001), rules=rules))
        return lab

    return load_rules


def curl(lab: LabSession, path: str = "", patience: float = 10) -> tuple[int, int, float]:
    """(exit code, bytes of the body, seconds)."""
    command = [
        "curl",
        "-sko",
        "/dev/null",
        "--max-time",
        str(patience),
        "-w",
        "%{size_download} %{time_total}",
    ]
    done = lab.run([*command, "--resolve", f"{SITE}:443:{ADDRESS}", f"https://{SITE}/{path}"], capture=True)
    size, seconds = done.stdout.split()
    return done.returncode, int(size), float(seconds)


ENDINGS = {
    "open": ((), 0),
    "dropped": ((rule(Drop()),), 28),
    "dropped by port": ((rule(Drop(), Trigger(ports=(443,), protocols=("tcp",))),), 28),
    "refused": ((rule(Reset()),), 7),
    "no network": ((rule(Unreachable(code="network")),), 7),
    "no host": ((rule(Unreachable(code="host")),), 7),
    "no port": ((rule(Unreachable(code="port")),), 7),
    "prohibited": ((rule(Unreachable(code="prohibited")),), 7),
    "another address": ((rule(Drop(), Trigger(prefixes=("11.6.1.2",))),), 0),
}


@pytest.mark.lab
@pytest.mark.system
@pytest.mark.parametrize(("rules", "code"), ENDINGS.values(), ids=ENDINGS)
def test_a_connection_ends_alike(load: Callable[..., LabSession], rules: tuple[Rule, ...], code: int) -> None:
    lab = load(*rules)
    assert curl(lab, patience=1 if code == 28 else 10)[0] == code
    assert {act["rule"] for act in lab.acts()} == ({"test"} if code else set())


@pytest.mark.lab
@pytest.mark.system
def test_a_question_is_dropped_by_its_name_alike(load: Callable[..., LabSession]) -> None:
    lab = load(rule(Drop(), Trigger(dns=(SITE,)), direction="up"))
    ask = ["dig", "+tries=1", "+time=1", "+short", "@11.1.1.1"]
    assert "timed out" in lab.run([*ask, SITE], capture=True).stdout
    assert lab.run([*ask, "pedia.test"], capture=True).stdout.startswith("11.")


@pytest.mark.lab
@pytest.mark.system
def test_a_flow_freezes_alike(load: Callable[..., LabSession]) -> None:
    code, size, _ = curl(load(rule(Drop(), after_bytes=20_000)), "bytes/300000", patience=1)
    assert code == 28
    assert 8_000 < size <= 20_000


@pytest.mark.lab
@pytest.mark.system
def test_a_download_is_policed_alike(load: Callable[..., LabSession], request: pytest.FixtureRequest) -> None:
    size, rate, burst = 1_000_000, 500_000, 32_000  # bytes, bytes a second, bytes
    action = Police(rate=rate * 8, burst=burst)
    _, got, seconds = curl(load(rule(action, direction="down", scope="address")), f"bytes/{size}")
    assert got == size
    bucket = burst + BUCKET_ABOVE_BURST[request.node.callspec.params["lab"]] * rate
    assert (size - bucket) / rate < seconds < 4 * size / rate


@pytest.mark.lab
@pytest.mark.system
def test_packets_are_lost_alike(load: Callable[..., LabSession]) -> None:
    lab = load(rule(Lose(probability=0.2), Trigger(protocols=("udp",)), direction="down"))
    with (
        lab.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
        lab.socket(socket.AF_INET, socket.SOCK_DGRAM, server_side=True) as server,
    ):
        server.bind((ADDRESS, 9999))
        client.connect((ADDRESS, 9999))
        client.send(b"hello")
        server.connect(server.recvfrom(100)[1])
        client.settimeout(0.02)
        got = 0
        for _ in range(500):
            server.send(b"x")
            with contextlib.suppress(TimeoutError):
                got += len(client.recv(10))
        assert 350 < got < 450


REFUSED = {
    "action": rule(Delay(seconds=1)),
    "trigger": rule(Drop(), Trigger(sni=(SITE,))),
    "trigger.dns": rule(Drop(), Trigger(dns=("*.test",))),
    "scope": rule(Police(rate=1e6), direction="down"),
    "direction": rule(Lose(probability=0.1)),
    "window": rule(Drop(), window=Window(start=5)),
    "packets": rule(Drop(), packets="acks"),
    "residual": rule(Drop(), residual=5),
}


@pytest.mark.parametrize(("field", "refused"), REFUSED.items(), ids=REFUSED)
def test_what_the_kernel_cannot_do_is_refused(field: str, refused: Rule) -> None:
    with pytest.raises(NotExpressible, match=field):
        statement(refused)
