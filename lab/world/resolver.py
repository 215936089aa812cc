"""DNS on the wire: UDP, TCP, and over HTTPS (RFC 1035, RFC 8484)."""

import asyncio
import base64
import binascii
from typing import Final, cast
from urllib.parse import parse_qs, urlsplit

from lab.world.http1 import Respond
from lab.world.pages import Answer, Request
from lab.world.zone import Zone

_MEDIA_TYPE: Final = "application/dns-message"


class UdpResolver(asyncio.DatagramProtocol):
    """One socket."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # asyncio's own is no subclass of it

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        answer = self._zone.answer(data)
        if answer.wire is not None and self._transport is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(answer.delay, self._transport.sendto, answer.wire, addr)


class TcpResolver(asyncio.Protocol):
    """One connection: messages with a two-byte length before each."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= 2:
            end = 2 + int.from_bytes(self._buffer[:2], "big")
            if len(self._buffer) < end:
                return
            answer = self._zone.answer(self._buffer[2:end])
            self._buffer = self._buffer[end:]
            if answer.wire is not None and self._transport is not None:
                framed = len(answer.wire).to_bytes(2, "big") + answer.wire
                asyncio.get_running_loop().call_later(answer.delay, self._transport.write, framed)


def doh(zone: Zone) -> Respond:
    """Answers requests to `/dns-query`, by GET and POST."""

    async def respond(request: Request, body: bytes) -> Answer:
        question = body if request.method == "POST" else _question(request.path)
        if urlsplit(request.path).path != "/dns-query" or not question:
            return Answer(404)
        answer = zone.answer(question)
        await asyncio.sleep(answer.delay)
        if answer.wire is None:
            return Answer(504)
        return Answer(200, (("content-type", _MEDIA_TYPE),), answer.wire)

    return respond


def _question(path: str) -> bytes:
    text = parse_qs(urlsplit(path).query).get("dns", [""])[0]
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        return b""
