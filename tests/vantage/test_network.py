"""What tells of the person's own network is known, so that it can be left out."""

from pathlib import Path

import pytest

from vantage import network

# Linux writes addresses byte by byte from the last: 8.0.2.1, which may be a provider's public one.
ROUTES = "Iface Destination Gateway Flags\nwlan0 0002000A 00000000 0001\nwlan0 00000000 01020008 0003\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "route").write_text(ROUTES)
    monkeypatch.setattr(network, "_ROUTES", tmp_path / "route")
    monkeypatch.setattr(network, "own_addresses", lambda: ("192.0.2.77",))
    servers = ("192.168.1.53", "9.9.9.9", "127.0.0.53", "no address")
    monkeypatch.setattr(network, "system_nameservers", lambda: servers)


@pytest.mark.usefixtures("here")
def test_device_gateway_and_local_resolvers_are_near_and_public_ones_are_not() -> None:
    assert network.near_addresses() == ("192.0.2.77", "8.0.2.1", "192.168.1.53")


@pytest.mark.usefixtures("here")
def test_a_link_without_a_gateway_has_none_near(tmp_path: Path) -> None:
    (tmp_path / "route").write_text(ROUTES.replace("01020008", "00000000"))
    assert network.near_addresses() == ("192.0.2.77", "192.168.1.53")


@pytest.mark.usefixtures("here")
def test_the_network_is_told_by_its_gateway_and_prefix() -> None:
    assert network.network_key() == b"01020008|192.0.2.0/24"


def test_without_routes_there_is_no_gateway(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(network, "_ROUTES", tmp_path / "missing")
    monkeypatch.setattr(network, "own_addresses", lambda: ())
    assert network.network_key() == b""


def test_the_device_goes_by_its_short_name_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "aigerim.home.arpa")
    assert network.own_names()[:2] == ("aigerim.home.arpa", "aigerim")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.168.1.7", "192.168.1.23", True),
        ("192.168.1.7", "192.168.43.7", False),
        # An IPv6 address that is drawn anew in the same network
        ("2001:db8:1:2:a1b2:c3d4:e5f6:1", "2001:db8:1:2:9f8e:7d6c:5b4a:2", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
    ],
)
def test_a_device_that_gets_another_address_stays_in_its_network(one: str, other: str, same: bool) -> None:
    assert (network.local_network(one) == network.local_network(other)) is same
