"""TCP_INFO as kernels of different ages give it."""

import struct

import pytest

from probes.tcp_info import parse


def kernel(size: int, **fields: tuple[int, str, int]) -> bytes:
    data = bytearray(280)
    for offset, kind, value in fields.values():
        struct.pack_into("=" + kind, data, offset, value)
    return bytes(data[:size])


FULL = {
    "rtt": (68, "I", 25_000),
    "min_rtt": (148, "I", 20_000),
    "received": (128, "Q", 5_000_000_000),
    "retransmits": (100, "I", 3),
    "ooo": (224, "I", 7),
}


def test_times_are_seconds_and_counts_are_counts() -> None:
    seen = parse(kernel(280, **FULL))
    assert seen["rtt"] == pytest.approx(0.025)
    assert seen["min_rtt"] == pytest.approx(0.020)
    assert seen["bytes_received"] == 5_000_000_000
    assert seen["retransmits"] == 3
    assert seen["rcv_ooopack"] == 7


def test_an_older_kernel_gives_what_it_has() -> None:
    seen = parse(kernel(104, **FULL))
    assert seen["rtt"] == pytest.approx(0.025)
    assert "min_rtt" not in seen
    assert "bytes_received" not in seen


def test_a_minimum_without_a_sample_is_absent() -> None:
    assert "min_rtt" not in parse(kernel(280, none=(148, "I", 0xFFFFFFFF)))


def test_nothing_gives_nothing() -> None:
    assert parse(b"") == {}
