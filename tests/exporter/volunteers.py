"""Volunteers in the emulated Internet and the collector that they send to, all of them real `efir` commands."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from msgspec import structs

from lab.addresses import CLIENT_IPV4
from lab.running import Running
from measurements.targets import Targets

T = TypeVar("T")
EFIR = (sys.executable, "-m", "efir")
PLATFORM = "youtube"
# One quick session: a first look of ten pairs, without pauses. A policed flow says enough in a third of a second.
SESSION = (
    *("--max-pairs", "10", "--pair-interval", "0"),
    *("--flow-seconds", "0.3", "--flow-bytes", "80000", "--metered", "no"),
)
# Who sends to which of the collector's addresses comes from that address itself, and so from its network.
NETWORKS = {"127.0.0.1": 9198, CLIENT_IPV4: 21299}


def few(targets: Targets) -> Targets:
    """One endpoint of one platform and few controls, which nothing is downloaded from: a round takes a second."""
    whole = targets.platforms[PLATFORM]
    transfer = whole.transfer[0] if isinstance(whole.transfer, tuple) else whole.transfer
    platform = structs.replace(whole, endpoints=whole.endpoints[:1], transfer=transfer)
    chosen = [each for each in targets.controls if each.transfer][:2]
    chosen += [each for each in targets.controls if each.scope == "domestic"][:1]
    controls = tuple(structs.replace(each, transfer=None) for each in chosen)
    return structs.replace(targets, platforms={PLATFORM: platform}, controls=controls)


@dataclass(frozen=True, eq=False)
class Volunteer:
    """One vantage with a state folder and an invite of its own."""

    lab: Running
    state: Path
    collector: str  # its address, as this one reaches it

    def efir(self, *arguments: object) -> list[dict[str, Any]]:
        """What a command printed; it must end well."""
        done = self.lab.session.run(
            [*EFIR, *map(str, arguments), "--state", str(self.state), "--json", "--quiet"],
            capture=True,
            timeout=120,
            env=self.lab.environment,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def join(self, store: tuple[str, str]) -> None:
        invite = self.state.with_suffix(".invite")
        self.efir("collect", "invite", *store, "--collector", self.collector, "--out", invite)
        self.efir("invite", invite)
        self.efir("consent", "--accept", "--with-helper", "--with-upload")

    def round(self) -> None:
        self.efir("run", "--once", *self._world)

    def session(self) -> str:
        """Its verdict."""
        lines = self.efir("throttle", PLATFORM, *SESSION, *self._world)
        return next(str(line["verdict"]) for line in lines if line["type"] == "throttle")

    @property
    def _world(self) -> tuple[object, ...]:
        return ("--targets", self.lab.targets, "--ca-file", self.lab.ca_file)

    def send(self) -> None:
        self.efir("upload")


def at_once(volunteers: Sequence[Volunteer], act: Callable[[Volunteer], T]) -> list[T]:
    """All of them do it at the same time."""
    with ThreadPoolExecutor(len(volunteers)) as pool:
        return list(pool.map(act, volunteers))


def find_throttling(volunteers: Sequence[Volunteer]) -> None:
    """Until each has proved it. On a starved computer a session may decide nothing; `efir run` would try again, too."""
    undecided = list(volunteers)
    for _attempt in range(3):
        verdicts = at_once(undecided, Volunteer.session)
        undecided = [
            each for each, verdict in zip(undecided, verdicts, strict=True) if verdict != "throttled"
        ]
        if not undecided:
            return
    raise AssertionError(f"{len(undecided)} of {len(volunteers)} sessions decided nothing")


@contextmanager
def collecting(lab: Running, folder: Path) -> Iterator[list[Volunteer]]:
    """A collector inside, its store in `folder / "store"`, and three volunteers on the networks of two operators."""
    networks = folder / "networks.csv"
    rows = [f"{address}/32,{asn},KZ" for address, asn in NETWORKS.items()]
    networks.write_text("\n".join(["prefix,asn,country", *rows]) + "\n")
    store = ("--store", str(folder / "store"))
    answer, end = os.pipe()
    with open(answer) as told, open(os.devnull, "r+b") as nothing:
        collector = lab.session.popen(
            [
                *(*EFIR, "collect", *store, "--listen", "0.0.0.0:0"),
                *("--networks", str(networks), "--json", "--quiet"),
            ],
            stdin=nothing.fileno(),
            stdout=end,
            stderr=nothing.fileno(),
            env=lab.environment,
        )
        os.close(end)
        port = json.loads(told.readline())["listen"][1]
        addresses = ("127.0.0.1", CLIENT_IPV4, CLIENT_IPV4)
        volunteers = [
            Volunteer(lab, folder / f"state-{number}", f"http://{address}:{port}")
            for number, address in enumerate(addresses)
        ]
        at_once(volunteers, lambda each: each.join(store))
        try:
            yield volunteers
        finally:
            collector.send_signal(15)
            collector.wait(20)
