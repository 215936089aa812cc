"""An HTTP/3 server on loopback, and ways of not being one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import QuicServer
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ProtocolNegotiated, QuicEvent

from tests.certificates import Leaf


class Http3(QuicConnectionProtocol):
    """Answers every request with status 200 and a small page; override `answer` for another one."""

    def quic_event_received(self, event: QuicEvent) -> None:
        if isinstance(event, ProtocolNegotiated):
            self.http = H3Connection(self._quic)
        for found in self.http.handle_event(event) if hasattr(self, "http") else ():
            if isinstance(found, HeadersReceived):
                self.answer(found)
                self.transmit()

    def answer(self, found: HeadersReceived) -> None:
        headers = [(b":status", b"200"), (b"content-type", b"text/html")]
        self.http.send_headers(found.stream_id, headers)
        self.http.send_data(found.stream_id, b"<title>over quic</title>", end_stream=True)


@asynccontextmanager
async def quic_server(
    leaf: Leaf, alpn: list[str] | None = None, address: str = "127.0.0.1", server: type[Http3] = Http3
) -> AsyncIterator[int]:
    """Serve HTTP/3; yields the port."""
    configuration = QuicConfiguration(is_client=False, alpn_protocols=alpn or H3_ALPN)
    configuration.load_cert_chain(leaf.pem)
    listening = QuicServer(configuration=configuration, create_protocol=server)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: listening, local_addr=(address, 0)
    )
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        listening.close()
        transport.close()


class _Fixed(asyncio.DatagramProtocol):
    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.heard: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.heard.append(data)
        if self.answer is not None:
            self.transport.sendto(self.answer, address)
        elif data[5:6]:  # a version negotiation packet (RFC 9000, section 17.2.1) with no version of ours
            destination = data[6 : 6 + data[5]]
            at = 6 + len(destination)
            source = data[at + 1 : at + 1 + data[at]]
            ids = bytes([len(source)]) + source + bytes([len(destination)]) + destination
            self.transport.sendto(b"\x80\0\0\0\0" + ids + b"\xba\xba\xba\xba", address)


@asynccontextmanager
async def udp_answering(answer: bytes | None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Answer each datagram with these bytes (b"" sends an empty one); None: with "no version of yours"."""
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Fixed(answer), local_addr=("127.0.0.1", 0)
    )
    try:
        yield transport.get_extra_info("sockname")[1], protocol.heard
    finally:
        transport.close()
