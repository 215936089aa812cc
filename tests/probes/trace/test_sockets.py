"""Real sockets on loopback, where every TTL reaches the far end, and the kernel's error records read as bytes."""

import socket
import struct
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.trace import sockets
from probes.trace.evidence import Heard
from probes.trace.runner import client_hello, climb
from probes.wire import client_hello as wire

linux = pytest.mark.skipif(sys.platform != "linux", reason="error queues are Linux's")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@linux
def test_a_connection_that_is_made_is_an_answer(listener: socket.socket) -> None:
    assert sockets.syn("127.0.0.1", listener.getsockname()[1], 1, sockets.Waits()) == [Heard("answer")]


@linux
def test_a_closed_port_is_a_reset() -> None:
    with socket.socket() as taken:  # bound and not listening: nobody else can take it
        taken.bind(("127.0.0.1", 0))
        assert sockets.syn("127.0.0.1", taken.getsockname()[1], 1, sockets.Waits()) == [Heard("reset")]
        assert sockets.hello("127.0.0.1", taken.getsockname()[1], b"hello", 1, sockets.Waits()) == [
            Heard("unconnected")
        ]


@linux
def test_a_server_that_says_nothing_is_silence(listener: socket.socket) -> None:
    waits = sockets.Waits(silence=0.02)
    assert sockets.hello("127.0.0.1", listener.getsockname()[1], b"hello", 1, waits) == []


@linux
def test_a_port_without_a_service_is_told_by_icmp_with_its_address() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    heard = sockets.datagram("127.0.0.1", port, b"?", 1, sockets.Waits(), lambda _: True)
    assert heard == [Heard("refused", "127.0.0.1")]


@pytest.mark.parametrize(
    ("origin", "kind", "tail", "heard"),
    [
        pytest.param(
            2, 11, struct.pack("=HH4s8x", 2, 0, b"\x08\x08\x04\x04"), Heard("expired", "8.8.4.4"), id="IPv4"
        ),
        pytest.param(
            3,
            3,
            struct.pack("=HHI16sI", 10, 0, 0, b"\x2a" + bytes(15), 0),
            Heard("expired", "2a00::"),
            id="IPv6",
        ),
        pytest.param(2, 3, b"", Heard("refused"), id="another error, no address"),
        pytest.param(1, 0, b"", None, id="the kernel's own word is no router's"),
    ],
)
def test_an_error_record_is_read(origin: int, kind: int, tail: bytes, heard: Heard | None) -> None:
    assert sockets.parse_error(struct.pack("=IBBBBII", 113, origin, kind, 0, 0, 0, 0) + tail) == heard


@given(st.binary(max_size=64))
def test_no_error_record_raises(data: bytes) -> None:
    one = sockets.parse_error(data)
    assert one is None or one.word in ("expired", "refused")


def test_the_hello_carries_the_name() -> None:
    parsed = wire.parse(client_hello("www.example.org"))
    assert parsed is not None
    assert b"www.example.org" in (parsed.body(0) or b"")


def test_a_silent_ttl_is_tried_twice_and_long_silence_ends_the_climb() -> None:
    asked: list[int] = []

    def send(ttl: int) -> list[Heard]:
        asked.append(ttl)
        return [Heard("expired")] if ttl == 1 else []

    climb(send)
    assert asked == [1, *(ttl for ttl in range(2, 8) for _ in range(2))]
