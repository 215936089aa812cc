"""Addresses that no public service has."""

import pytest

from measurements.bogons import is_bogon


@pytest.mark.parametrize(
    "address", ["10.10.34.36", "127.0.0.1", "100.64.1.1", "192.0.2.1", "::1", "fe80::1", "224.0.0.1", "x"]
)
def test_bogons(address: str) -> None:
    assert is_bogon(address)


@pytest.mark.parametrize("address", ["142.250.74.14", "2a00:1450:4010::1", "95.161.76.100"])
def test_public_addresses(address: str) -> None:
    assert not is_bogon(address)
