"""The lab's own servers behind the shared path, and independent clients (curl, dig) on its other side."""

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from lab.scenario import Rule
from lab.session import LabSession, World
from lab.world.changes import WorldChanges
from lab.world.plan import Plan, make_plan
from lab.world.serve import live_addresses
from measurements.targets import Targets

SITE = "www.tube.test"
TARGETS = {
    "version": 1,
    "platforms": {
        "tube": {
            "name": "Tube",
            "endpoints": [
                {
                    "id": "web",
                    "url": f"https://{SITE}/",
                    "probes": ["tls", "quic"],
                    "expect": {"status": 204},
                },
                {"id": "other", "url": "https://m.tube.test/", "probes": ["tls"], "expect": {"status": 204}},
                {
                    "id": "plain",
                    "url": "http://plain.tube.test/",
                    "probes": ["http"],
                    "expect": {"status": 204},
                },
            ],
        }
    },
    "controls": [
        {"id": "pedia", "name": "Pedia", "scope": "foreign", "url": "https://pedia.test/", "probes": ["tls"]},
    ],
    "resolvers": [{"id": "system"}],
}


@dataclass(frozen=True)
class Curl:
    """What curl said."""

    ended: str  # a word of ENDINGS
    status: int
    received: int  # bytes of the body
    connect: float  # seconds until the TCP connection stood
    handshake: float  # seconds until TLS stood, from the start
    total: float
    body: str
    said: str  # its words for a person


# Exit codes of curl(1)
ENDINGS = {
    0: "ok",
    7: "not connected",
    28: "timeout",
    35: "tls failed",
    52: "empty",
    56: "reset",
    60: "bad certificate",
}

_FIELDS = "%{http_code} %{size_download} %{time_connect} %{time_appconnect} %{time_total}"


class Wire:
    """Clients on the path, with the rules that a test puts in force."""

    def __init__(
        self, lab: LabSession, plan: Plan, load: Callable[..., LabSession], curl: str, dig: str
    ) -> None:
        self.lab, self.plan, self._load, self._curl, self._dig = lab, plan, load, curl, dig

    def censor(self, *rules: Rule, **link: Any) -> None:
        self._load(*rules, **link)

    def address(self, name: str = SITE) -> str:
        """The first IPv4 address of a site."""
        return self.plan.names[name][0]

    def curl(self, url: str = f"https://{SITE}/", *options: str, patience: float = 5.0) -> Curl:
        """The first IPv4 address of the URL's host is the one asked; names are looked up by `dig` tests only."""
        host = url.split("/")[2]
        resolve = [
            word for port in (80, 443) for word in ("--resolve", f"{host}:{port}:{self.address(host)}")
        ]
        command = [self._curl, "-sS", "--cacert", self.lab.world_info["ca_file"], "--max-time", str(patience)]
        done = self.lab.run([*command, *resolve, "-w", f"\n{_FIELDS}", *options, url], capture=True)
        body, _, fields = done.stdout.rpartition("\n")
        status, received, *times = fields.split()
        connect, handshake, total = map(float, times)
        return Curl(
            ENDINGS[done.returncode], int(status), int(received), connect, handshake, total, body, done.stderr
        )

    def dig(self, name: str = SITE, *options: str) -> tuple[str, list[str]]:
        """(status, answers) by the provider's resolver; status "silence" when none came within a second."""
        command = [self._dig, f"@{self.plan.resolver[0]}", "+tries=1", "+time=1", *options, name]
        said = self.lab.run(command, capture=True).stdout
        status = re.search(r"status: (\w+)", said)
        answers = [line.split()[-1] for line in said.splitlines() if line and line[0] not in ";\n"]
        return (status[1], answers) if status else ("silence", [])

    def socket(self, kind: int = socket.SOCK_STREAM, *, server_side: bool = False) -> socket.socket:
        opened = self.lab.socket(socket.AF_INET, kind, server_side=server_side)
        opened.settimeout(5)
        return opened

    def truth(self) -> set[tuple[str, str | None]]:
        """(rule, name) of the censor's acts; connections of the test before may still repeat what they said."""
        return {(act["rule"], act["name"]) for act in self.lab.acts()}


@pytest.fixture(scope="session")
def served(shared_lab: LabSession) -> Plan:
    targets = msgspec.convert(TARGETS, Targets)
    plan, changes = make_plan(targets), WorldChanges()
    config = {"targets": targets, "world": changes, "folder": shared_lab.folder}
    prefixes = live_addresses(plan, changes)
    shared_lab.serve(World(serve="lab.world.serve:serve", config=config, prefixes=prefixes))
    return plan


@pytest.fixture
def wire(
    shared_lab: LabSession, served: Plan, load: Callable[..., LabSession], program: Callable[[str, str], str]
) -> Wire:
    return Wire(shared_lab, served, load, program("curl", "curl"), program("dig", "dnsutils"))
