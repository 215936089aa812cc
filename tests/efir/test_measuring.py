"""What is measured goes to the store without the addresses that may not lie there."""

from pathlib import Path

import pytest

from efir.measuring import make_keeper
from measurements.store import Spool
from measurements.targets import Helper, Targets
from tests.records import observation

SERVERS = ("198.51.100.8", "198.51.100.9")


def test_neither_the_gateway_nor_a_test_server_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("efir.measuring.near_addresses", lambda: ("192.0.2.1",))
    targets = Targets(version=1, platforms={}, helper=Helper(addresses=SERVERS, sha256="ab" * 32))
    with Spool(tmp_path / "spool.sqlite3") as spool:
        keeper = make_keeper(spool, targets)
        for number, address in enumerate(("192.0.2.1", *SERVERS, "203.0.113.7")):
            keeper.keep(observation(id=str(number), address=address))
        keeper.settle()
        stored = [row.address for row in spool.observations()]
    assert stored == ["[scrubbed]", "helper-1", "helper-2", "203.0.113.7"]
