"""Name servers on loopback, right or wrong on purpose: over UDP, TCP and HTTPS."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import h2.connection
import h2.events

from tests.servers import Server, tcp_server

Answers = Callable[[dns.message.Message], list[bytes]]


def addresses(*texts: str, ttl: int = 60, kind: str = "A") -> Answers:
    """One good answer with these addresses."""

    def make(query: dns.message.Message) -> list[bytes]:
        answer = dns.message.make_response(query)
        answer.answer = [dns.rrset.from_text(query.question[0].name, ttl, "IN", kind, *texts)]
        return [answer.to_wire()]

    return make


def rcode(word: str) -> Answers:
    """One answer without an address."""

    def make(query: dns.message.Message) -> list[bytes]:
        answer = dns.message.make_response(query)
        answer.set_rcode(dns.rcode.from_text(word))
        return [answer.to_wire()]

    return make


def truncated(query: dns.message.Message) -> list[bytes]:
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.TC
    return [answer.to_wire()]


def wrong_id(query: dns.message.Message) -> list[bytes]:
    answer = dns.message.make_response(query)
    answer.id = query.id ^ 1
    return [answer.to_wire()]


def wrong_question(query: dns.message.Message) -> list[bytes]:
    other = dns.message.make_query("other.test", "A", id=query.id)
    return addresses("192.0.2.9")(other)


def garbage(query: dns.message.Message) -> list[bytes]:
    return [b"\xff" * 40]


def silent(query: dns.message.Message) -> list[bytes]:
    return []


def both(*several: Answers) -> Answers:
    """The answers of several, in this order, at once: a race."""
    return lambda query: [data for one in several for data in one(query)]


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, answers: Answers) -> None:
        self.answers = answers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        for answer in self.answers(dns.message.from_wire(data)):
            self.transport.sendto(answer, address)


@asynccontextmanager
async def dns_server(answers: Answers, over_tcp: Answers | None = None) -> AsyncIterator[str]:
    """Serve on loopback, over TCP too if asked; yields `127.0.0.1:PORT`."""

    async def serve_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server) -> None:
        size = int.from_bytes(await reader.readexactly(2), "big")
        query = dns.message.from_wire(await reader.readexactly(size))
        for answer in (over_tcp or silent)(query):
            writer.write(len(answer).to_bytes(2, "big") + answer)
        await writer.drain()

    async with tcp_server(serve_tcp) as server:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Udp(answers), local_addr=("127.0.0.1", server.port)
        )
        try:
            yield f"127.0.0.1:{server.port}"
        finally:
            transport.close()


@asynccontextmanager
async def doh_server(answers: Answers, tls: ssl.SSLContext, status: int = 200) -> AsyncIterator[str]:
    """Serve DNS-over-HTTPS in the version that `tls` agrees on; yields the URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server) -> None:
        agreed = writer.get_extra_info("ssl_object").selected_alpn_protocol()
        serve_version = _serve_h2 if agreed == "h2" else _serve_http1
        await serve_version(reader, writer, answers, status)

    async with tcp_server(serve, tls=tls) as server:
        yield f"https://127.0.0.1:{server.port}/dns-query"


async def _serve_http1(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: Answers, status: int
) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    size = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
    [answer] = answers(dns.message.from_wire(await reader.readexactly(size)))
    writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(answer)) + answer)
    await writer.drain()


async def _serve_h2(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: Answers, status: int
) -> None:
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    connection.initiate_connection()
    query = b""
    while data := await reader.read(65536):
        for event in connection.receive_data(data):
            if isinstance(event, h2.events.DataReceived):
                query += event.data
            if isinstance(event, h2.events.StreamEnded):
                [answer] = answers(dns.message.from_wire(query))
                connection.send_headers(event.stream_id, [(":status", str(status))])
                connection.send_data(event.stream_id, answer, end_stream=True)
        writer.write(connection.data_to_send())
        await writer.drain()
