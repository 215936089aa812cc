"""What tests of several commands share: options, a volunteer's results, and an operator who takes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from collector.store import Store
from efir.options import Shared
from efir.output import Output
from measurements.state import StateFolder
from measurements.store import Spool
from tests.collector.emulated import observation, verdict
from tests.commands import listening


@pytest.fixture
def shared(tmp_path: Path) -> Shared:
    """Options of a command that speaks to nobody."""
    return Shared(None, tmp_path / "state", None, Output(quiet=True))


def measured(folder: Path, number: int) -> None:
    """Put so many observations and a verdict into a state folder."""
    with Spool(StateFolder(folder).spool) as spool:
        spool.add(observation(each) for each in range(number))
        spool.add_verdicts([verdict()])


@dataclass(frozen=True)
class Operator:
    """A running collector and its folder."""

    folder: Path
    url: str

    def stored(self) -> set[str]:
        """Ids of what it has accepted."""
        with Store(self.folder) as store:
            return {row[0] for row in store.rows("SELECT id FROM items WHERE state = 'accepted'")}


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    """An operator who knows that loopback is in Kazakhstan."""
    folder, networks = tmp_path / "collector", tmp_path / "networks.csv"
    networks.write_text("prefix,asn,country\n127.0.0.0/8,64500,KZ\n")
    with listening("collect", "--store", folder, "--networks", networks) as (url, _):
        yield Operator(folder, url)
