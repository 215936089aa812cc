"""What tells of the person's own network is known, so that it can be left out."""

from pathlib import Path

import pytest

from vantage import network

# Linux writes addresses byte by byte from the last: 192.0.2.1.
ROUTES = "Iface Destination Gateway Flags\nwlan0 0002000A 00000000 0001\nwlan0 00000000 010200C0 0003\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "route").write_text(ROUTES)
    monkeypatch.setattr(network, "_ROUTES", tmp_path / "route")
    monkeypatch.setattr(network, "own_addresses", lambda: ("192.0.2.77",))
    servers = ("192.168.1.53", "9.9.9.9", "127.0.0.53", "no address")
    monkeypatch.setattr(network, "system_nameservers", lambda: servers)


@pytest.mark.usefixtures("here")
def test_device_gateway_and_local_resolvers_are_near_and_public_ones_are_not() -> None:
    assert network.near_addresses() == ("192.0.2.77", "192.0.2.1", "192.168.1.53")


@pytest.mark.usefixtures("here")
def test_the_network_is_told_by_its_gateway_and_prefix() -> None:
    assert network.network_key() == b"010200C0|192.0.2"


def test_without_routes_there_is_no_gateway(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(network, "_ROUTES", tmp_path / "missing")
    monkeypatch.setattr(network, "own_addresses", lambda: ())
    assert network.network_key() == b""


def test_the_device_goes_by_its_short_name_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "aigerim.home.arpa")
    assert network.own_names()[:2] == ("aigerim.home.arpa", "aigerim")
