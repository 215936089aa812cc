"""A small targets file, the world's servers on loopback ports, and one running lab for all tests of the path."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lab.scenario import Link, Rule, Scenario
from lab.session import LabSession
from lab.world.changes import WorldChanges
from lab.world.serve import Servers, WorldConfig
from measurements.targets import Targets

TARGETS: dict[str, Any] = {
    "version": 1,
    "platforms": {
        "tube": {
            "name": "Tube",
            "endpoints": [
                {
                    "id": "web",
                    "url": "https://www.tube.test/ping",
                    "probes": ["dns", "tcp", "tls", "http", "quic"],
                    "expect": {"status": 204},
                },
                {
                    "id": "page",
                    "url": "https://m.tube.test/",
                    "probes": ["http"],
                    "expect": {"title_contains": "Tube home", "body_contains": "watch", "min_bytes": 5000},
                },
                {"id": "plain", "url": "http://tube.test/", "probes": ["http"], "expect": {"status": 301}},
            ],
            "transfer": [
                {"url": "https://img.tube.test/logo.jpg?v=2", "neutral_sni": "static.quiet.test"},
                {
                    "discover": {
                        "page": "https://www.tube.test/",
                        "pattern": r'src="(https://js\.tube\.test/[a-z0-9_-]+\.js)"',
                    }
                },
            ],
        },
        "chat": {
            "name": "Chat",
            "endpoints": [
                {"id": "dc1", "address": "149.154.167.51", "port": 443, "probes": ["tcp", "telegram"]}
            ],
        },
    },
    "controls": [
        {
            "id": "pedia",
            "name": "Pedia",
            "scope": "foreign",
            "url": "https://www.pedia.test/",
            "probes": ["dns", "tcp", "tls", "http"],
        },
        {
            "id": "local",
            "name": "Local",
            "scope": "domestic",
            "url": "https://local.kz.test/",
            "probes": ["dns", "tls"],
        },
    ],
    "resolvers": [
        {"id": "system"},
        {"id": "nine", "doh": "https://9.9.9.9/dns-query", "tls_name": "dns.nine.test"},
    ],
}


@pytest.fixture
def targets() -> Targets:
    return msgspec.convert(TARGETS, Targets)


@dataclass
class Loopback:
    """Servers of a world whose addresses are loopback ports."""

    servers: Servers
    ports: dict[tuple[str, int, socket.SocketKind], int] = field(default_factory=dict)

    def tcp(self, address: str, port: int) -> int:
        """Where the world's TCP `address`:`port` is on 127.0.0.1."""
        return self.ports[address, port, socket.SOCK_STREAM]

    def udp(self, address: str, port: int) -> int:
        return self.ports[address, port, socket.SOCK_DGRAM]

    def first(self, name: str) -> str:
        """The first address of a name."""
        return self.servers.plan.names[name][0]


InWorld = Callable[[WorldChanges, Callable[[Loopback], Awaitable[Any]]], Any]


@pytest.fixture
def in_world(tmp_path: Path, targets: Targets) -> InWorld:
    """Run a coroutine function against the servers of a world."""

    @asynccontextmanager
    async def opened(world: WorldChanges) -> AsyncIterator[Loopback]:
        ports: dict[tuple[str, int, socket.SocketKind], int] = {}

        def opener(address: str, port: int, kind: socket.SocketKind) -> socket.socket:
            one = socket.socket(socket.AF_INET, kind)
            one.bind(("127.0.0.1", 0))
            ports[address, port, kind] = one.getsockname()[1]
            return one

        servers = Servers(WorldConfig(targets, world, tmp_path), opener)
        await servers.start()
        try:
            yield Loopback(servers, ports)
        finally:
            await servers.close()

    def run(world: WorldChanges, check: Callable[[Loopback], Awaitable[Any]]) -> Any:
        async def body() -> Any:
            async with opened(world) as loopback:
                return await check(loopback)

        return asyncio.run(body())

    return run


# --- a running lab ---

Load = Callable[..., LabSession]


@pytest.fixture(scope="session")
def shared_lab(require_lab: None) -> Iterator[LabSession]:
    """One path for the whole run; tests swap the scenario."""
    scenario = Scenario(name="shared", title="Shared by the tests")
    with LabSession(scenario, nameservers=("192.0.2.53", "2001:db8::53")) as lab:
        yield lab


@pytest.fixture
def load(shared_lab: LabSession) -> Load:
    """load(*rules, **link fields): put rules in force on a link of that kind, 4 ms to the servers and back."""

    def load_rules(*rules: Rule, seed: int = 1, **link: object) -> LabSession:
        fields = {"one_way_delay": 0.002, **link}
        shared_lab.load(
            Scenario(name="test", title="Test", link=Link(**fields), rules=rules, seed=seed)  # type: ignore[arg-type] # fields of Link
        )
        return shared_lab

    return load_rules


@pytest.fixture(scope="session")
def program() -> Callable[[str, str], str]:
    """program("dig", "dnsutils"): where it is, or skip the test."""

    def find(name: str, package: str) -> str:
        path = shutil.which(name)
        if path is None:
            pytest.skip(f"needs {name} (Debian package {package})")
        return path

    return find
