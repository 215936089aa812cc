"""The stream itself: pins, odd certificates, slow servers, and reading to the end."""

import asyncio
import hashlib
import ssl
import sys
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from probes.connect import connect
from probes.roots import HTTP1_ALPN, Roots
from probes.tls_stream import Handshake, handshake
from tests.certificates import Authority, Leaf
from tests.servers import Server, hold, reset, tcp_server


async def shake(
    port: int, roots: Roots, *, pin: str | None = None, seconds: float = 1, patience: float = 1
) -> Handshake:
    connection = await connect("127.0.0.1", port)
    try:
        return await handshake(
            connection,
            "good.test",
            roots=roots,
            seconds=seconds,
            clock=time.perf_counter,
            alpn=HTTP1_ALPN,
            pin=pin,
            patience=patience,
        )
    finally:
        connection.close()


def fingerprint(leaf: Leaf) -> str:
    return hashlib.sha256(leaf.certificate.public_bytes(Encoding.DER)).hexdigest()


async def test_a_pin_stands_in_for_roots_and_name(roots: Roots, censor: Authority) -> None:
    ours = censor.issue("another.name")
    async with tcp_server(hold, tls=ours.context()) as server:
        good = await shake(server.port, roots, pin=fingerprint(ours))
        bad = await shake(server.port, roots, pin="0" * 64)
    assert good.failure is None
    assert good.stream is not None
    assert (bad.failure, bad.stream) == ("ssl_unknown_authority", None)
    assert bad.facts.chain_sha256[0] == fingerprint(ours)


async def test_the_hello_with_a_pin_is_the_same_as_without(roots: Roots, leaf: Leaf) -> None:
    async with tcp_server(hold, tls=leaf.context()) as server:
        with_roots = await shake(server.port, roots)
        with_pin = await shake(server.port, roots, pin=fingerprint(leaf))
    assert with_roots.facts.ja4 == with_pin.facts.ja4
    assert with_roots.facts.hello_bytes == with_pin.facts.hello_bytes


@pytest.mark.parametrize(("exponent", "bits"), [(3, 2048), (65537, 1024)], ids=["exponent 3", "1024 bits"])
async def test_leaves_as_the_interception_of_2019_made_them_are_unknown_authority(
    exponent: int, bits: int, roots: Roots, censor: Authority
) -> None:
    forged = censor.issue("good.test", key=rsa.generate_private_key(exponent, bits))
    async with tcp_server(hold, tls=forged.context()) as server:
        seen = await shake(server.port, roots)
    assert seen.failure == "ssl_unknown_authority"
    assert len(seen.facts.chain_der) == 2


async def test_a_handshake_that_dribbles_shows_when_it_last_moved(roots: Roots, leaf: Leaf) -> None:
    """As a slowed name looks on the wire: some bytes every now and then, and never the end (Kazakhstan 2022-23)."""

    async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server) -> None:
        hello = await reader.read(65536)
        ahead, behind = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = leaf.context().wrap_bio(ahead, behind, server_side=True)
        ahead.write(hello)
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        flight = behind.read()
        for at in range(len(flight) - 1):
            writer.write(flight[at : at + 1])
            await asyncio.sleep(0.02)

    async with tcp_server(dribble) as server:
        seen = await shake(server.port, roots, seconds=0.5)
    assert seen.failure == "generic_timeout_error"
    assert 1 <= seen.facts.received <= 25
    assert seen.facts.last_progress is not None
    assert 0 < seen.facts.last_progress <= 0.5


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what the other side has acknowledged")
async def test_a_server_that_has_our_hello_is_waited_for(roots: Roots) -> None:
    start = time.perf_counter()
    async with tcp_server(hold) as server:
        seen = await shake(server.port, roots, seconds=0.05, patience=4)
        assert time.perf_counter() - start >= 0.2
    assert seen.failure == "generic_timeout_error"


async def test_nobody_is_waited_for_who_has_not_our_hello(
    roots: Roots, monkeypatch: pytest.MonkeyPatch
) -> None:
    # as where the system does not tell
    monkeypatch.setattr("probes.connect.tcp_info.snapshot", lambda sock: {})
    start = time.perf_counter()
    async with tcp_server(hold) as server:
        seen = await shake(server.port, roots, seconds=0.05, patience=1000)
        assert time.perf_counter() - start < 25
    assert seen.failure == "generic_timeout_error"


async def test_a_stream_gives_all_bytes_and_then_its_end(roots: Roots, leaf: Leaf) -> None:
    sent = bytes(range(256)) * 4096

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server) -> None:
        server.heard.append(await reader.readexactly(5))
        writer.write(sent)
        await writer.drain()

    async with tcp_server(serve, tls=leaf.context()) as server:
        connection = await connect("127.0.0.1", server.port)
        shaken = await handshake(
            connection, "good.test", roots=roots, seconds=1, clock=time.perf_counter, alpn=HTTP1_ALPN
        )
        stream = shaken.stream
        assert stream is not None
        await stream.write(b"hello")
        got = b""
        while data := await stream.read():
            got += data
        assert got == sent
        assert stream.bytes_received > len(sent)
        assert stream.alpn == "http/1.1"
        if sys.platform == "linux":
            assert stream.tcp_info()["bytes_received"] >= len(sent)
        stream.close()
    assert server.heard == [b"hello"]


async def test_a_reset_in_mid_stream_is_no_end(roots: Roots, leaf: Leaf) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server) -> None:
        await reader.readexactly(1)
        reset(writer)

    async with tcp_server(serve, tls=leaf.context()) as server:
        connection = await connect("127.0.0.1", server.port)
        shaken = await handshake(
            connection, "good.test", roots=roots, seconds=1, clock=time.perf_counter, alpn=HTTP1_ALPN
        )
        assert shaken.stream is not None
        await shaken.stream.write(b"x")
        with pytest.raises(ConnectionResetError):
            await shaken.stream.read()
        shaken.stream.close()
