"""What may answer at a data centre's address."""

import asyncio
import struct
from collections.abc import Callable

import pytest

from measurements.targets import Endpoint
from probes import telegram
from probes.base import Context, Target
from tests.servers import Behaviour, Server, answer, fin_after_hello, hold, rst_after_hello, tcp_server


def res_pq(nonce: bytes, kind: int = 0x05162463) -> bytes:
    pq = b"\x08" + bytes(range(8)) + b"\0\0\0"
    body = struct.pack("<I", kind) + nonce + bytes(16) + pq + struct.pack("<IIQ", 0x1CB5C415, 1, 0xABCDEF)
    packet = struct.pack("<QQI", 0, 1, len(body)) + body
    return struct.pack("<I", len(packet)) + packet


def data_centre(change: Callable[[bytes], bytes]) -> Behaviour:
    """Answers with our nonce passed through `change`, in two pieces."""

    async def behaviour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server) -> None:
        heard = await reader.readexactly(48)
        server.heard.append(heard)
        data = res_pq(change(heard[-16:]))
        writer.write(data[:10])
        await writer.drain()
        writer.write(data[10:])
        await writer.drain()

    return behaviour


def dc(port: int) -> Target:
    endpoint = Endpoint(id="dc2", probes=("telegram",), address="127.0.0.1", port=port)
    return Target("telegram", "target", endpoint, address="127.0.0.1")


async def test_a_data_centre_is_known_by_our_nonce(context: Context) -> None:
    async with tcp_server(data_centre(lambda nonce: nonce)) as server:
        seen = await telegram.probe(dc(server.port), context)
    assert (seen.stage, seen.failure) == (None, None)
    assert seen.telegram is not None
    assert seen.telegram.res_pq
    assert seen.telegram.key_fingerprints == ("0000000000abcdef",)
    assert seen.phases.first_byte is not None
    assert (seen.host, seen.port) == (None, server.port)
    assert server.heard[0].startswith(b"\xee\xee\xee\xee" + struct.pack("<IQ", 40, 0))


NO_RES_PQ = "unknown_failure: no resPQ to our question"


@pytest.mark.parametrize(
    ("behaviour", "failure"),
    [
        pytest.param(data_centre(lambda nonce: nonce[::-1]), NO_RES_PQ, id="another nonce"),
        pytest.param(answer(b"\x04\0\0\0\x6c\xfe\xff\xff"), NO_RES_PQ, id="a transport error"),
        pytest.param(answer(b"HTTP/1.1 400 Bad\r\n\r\n"), NO_RES_PQ, id="a web server"),
        pytest.param(fin_after_hello, "eof_error", id="a FIN"),
        pytest.param(rst_after_hello, "connection_reset", id="a reset"),
        pytest.param(hold, "generic_timeout_error", id="silence"),
    ],
)
async def test_anything_else_says_what_it_was(
    behaviour: Behaviour, failure: str, context: Context, hasty: Context
) -> None:
    async with tcp_server(behaviour) as server:
        seen = await telegram.probe(dc(server.port), hasty if behaviour is hold else context)
    assert (seen.stage, seen.failure) == ("first_byte", failure)
    assert seen.telegram is not None
    assert not seen.telegram.res_pq
    assert seen.phases.connect is not None
