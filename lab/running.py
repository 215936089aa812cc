"""A scenario with its world, ready for programs: what `efir lab run`, `shell`, `matrix` and `demo` stand on."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from lab.availability import python_environment
from lab.scenario import Scenario
from lab.scenario_file import with_endpoints
from lab.session import LabSession, World
from lab.world.plan import HELPER, Plan, make_plan
from lab.world.serve import live_addresses
from measurements.state import StateFolder
from measurements.targets import Helper, Targets
from vantage.consent import TEXT_VERSION, Consent, write_consent

# A program that wants all of one processor, and one that changes the network after so many seconds.
_BUSY: Final = (sys.executable, "-c", "while True: pass")
_MOVE: Final = (sys.executable, "-m", "lab.engine.move")


@dataclass(frozen=True)
class Running:
    """A lab that runs, and the files a client in it needs."""

    session: LabSession
    targets: Path
    ca_file: Path
    state: Path  # consent is on record

    def efir(self, *arguments: str) -> list[str]:
        """An `efir` command line that measures this lab."""
        files = ("--targets", str(self.targets), "--ca-file", str(self.ca_file), "--state", str(self.state))
        return [sys.executable, "-m", "efir", *arguments, *files]

    @property
    def environment(self) -> Mapping[str, str]:
        """For any program inside: curl and the like trust the lab's authority."""
        ca_file = str(self.ca_file)
        return {
            **python_environment(),
            "SSL_CERT_FILE": ca_file,
            "CURL_CA_BUNDLE": ca_file,
            "EFIR_STATE": str(self.state),
            "EFIR_LAB_TARGETS": str(self.targets),
            "EFIR_LAB_CA": ca_file,
        }


@contextmanager
def running(scenario: Scenario, targets: Targets) -> Iterator[Running]:
    """Start the path, the censor and the servers of `scenario`; end them all on leaving.

    Raises LabUnavailable where the system does not allow a lab, LabError if the servers do not start.
    """
    targets = with_endpoints(targets, scenario.endpoints)
    plan = make_plan(targets)
    with LabSession(scenario, nameservers=_nameservers(scenario, plan)) as session:
        folder = session.folder / "world"
        folder.mkdir()
        config = {"targets": targets, "world": scenario.world, "folder": folder, "seed": scenario.seed}
        prefixes = live_addresses(plan, scenario.world)
        session.serve(World(serve="lab.world.serve:serve", config=config, prefixes=prefixes))
        yield _ready(session, targets, plan)


def accompany(lab: Running, scenario: Scenario) -> None:
    """Start what goes on beside the prober until the lab ends: a busy processor, a move to another network."""
    programs: list[tuple[str, ...]] = [_BUSY] * scenario.busy
    if scenario.moves is not None:
        programs.append((*_MOVE, str(scenario.moves)))
    with open(os.devnull, "r+b") as nothing:
        for program in programs:
            number = nothing.fileno()
            lab.session.popen(
                program,
                stdin=number,
                stdout=number,
                stderr=number,
                env=lab.environment,
                privileged=program != _BUSY,
            )


def _nameservers(scenario: Scenario, plan: Plan) -> Sequence[str]:
    v4, v6 = plan.resolver
    return (v4,) if scenario.link.ipv4 else (v6,)


def _ready(session: LabSession, targets: Targets, plan: Plan) -> Running:
    helper = Helper(
        addresses=tuple(one for one in plan.networks[HELPER].addresses if ":" not in one),
        sha256=session.world_info["helper_sha256"],
        neutral_sni=plan.networks[HELPER].names[0],
    )
    file = session.folder / "targets.yaml"
    # JSON is YAML, and msgspec writes it without losing a key
    file.write_bytes(msgspec.json.encode(msgspec.structs.replace(targets, helper=helper)))
    state = session.folder / "state"
    write_consent(
        StateFolder(state),
        Consent(time=datetime.now(UTC), text_version=TEXT_VERSION, interactive=False, helper=True),
    )
    return Running(session, file, Path(session.world_info["ca_file"]), state)
