"""`dns`: what does a resolver answer for the endpoint's name, and does a second answer follow the first?

An injected answer wins a race; the true one comes later. So the socket stays open after the first answer and every
answer is kept with its time and its packet's time-to-live (tq-002 in ooni/spec; injected and true packets differ).
"""

import asyncio
from contextlib import suppress
from typing import Final, Literal
from urllib.parse import urlsplit

from msgspec import structs

from measurements import failures
from measurements.records import DnsAnswer, DnsFacts, Observation
from measurements.targets import Resolver
from probes.base import Context, Target
from probes.connect import connect
from probes.doh import DohError, ask
from probes.draft import Draft
from probes.roots import BROWSER_ALPN
from probes.udp import UdpSocket
from probes.wire import dns_message

_PORT: Final = 53
_DOH_ID: Final = 0  # RFC 8484, section 4.1: lets caches answer


async def probe(target: Target, context: Context) -> Observation:
    """Ask the target's resolver (the system's when none is given) for its host's A or AAAA records.

    The address of a system resolver is often that of the person's own gateway, so it is not recorded.
    """
    resolver = target.resolver or Resolver(id="system")
    with Draft(target, context, "dns") as draft:
        if resolver.doh:
            await _over_https(draft, resolver)
        elif resolver.address:
            address, port = split_port(resolver.address)
            _name_server(draft, address, port)
            await _plain(draft, ((address, port),))
        else:
            draft.fields.update(address=None, family=None, port=_PORT)
            await _plain(draft, tuple(split_port(server) for server in context.nameservers()))
    return draft.observation()


def split_port(server: str) -> tuple[str, int]:
    """Address and port of `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`."""
    if server.startswith("["):
        address, _, port = server[1:].partition("]:")
        return address.rstrip("]"), int(port or _PORT)
    if server.count(":") == 1:
        address, _, port = server.partition(":")
        return address, int(port)
    return server, _PORT


def _name_server(draft: Draft, address: str, port: int) -> None:
    draft.fields.update(address=address, family=6 if ":" in address else 4, port=port)


async def _plain(draft: Draft, servers: tuple[tuple[str, int], ...]) -> None:
    """Ask one server after the other over UDP until one answers; they share the deadline."""
    deadlines = draft.context.deadlines
    seconds = deadlines.resolve * (deadlines.second_try if draft.target.attempt > 1 else 1)
    question = _Question(draft)
    for server in servers:
        await question.over_udp(server, seconds / len(servers))
        if question.used is not None:
            break
    if question.used is not None and question.used.truncated:
        await question.over_tcp(server, seconds)
    question.finish()


async def _over_https(draft: Draft, resolver: Resolver) -> None:
    url = urlsplit(resolver.doh or "")
    address, name = url.hostname or "", resolver.tls_name or url.hostname or ""
    _name_server(draft, address, url.port or 443)
    connection = await draft.connect()
    stream = await draft.handshake(connection, BROWSER_ALPN, name=name)
    question = _Question(draft, query_id=_DOH_ID, transport="doh")
    question.http_version = "2" if stream.alpn == "h2" else "1.1"
    try:
        async with draft.phase("resolve", draft.context.deadlines.resolve):
            data = await ask(stream, stream.alpn, name, url.path or "/dns-query", question.query)
    except DohError as error:
        raise draft.fail("resolve", error.failure) from None
    question.hear(data, draft.phases["resolve"])
    question.finish()


class _Question:
    """One question and the answers that came to it."""

    def __init__(
        self, draft: Draft, query_id: int | None = None, transport: Literal["udp", "doh"] = "udp"
    ) -> None:
        self._draft = draft
        self._clock = draft.context.clock.monotonic
        self.kind = draft.target.question
        self.name = draft.target.endpoint.host or ""
        random = draft.context.clock.random_bytes
        self.id = int.from_bytes(random(2), "big") if query_id is None else query_id
        self.query = dns_message.build(self.name, self.kind, self.id)
        self.answers: list[DnsAnswer] = []
        self.sent = 0
        self.transport: Literal["udp", "tcp", "doh"] = transport
        self.http_version: str | None = None
        self._network_failure = "generic_timeout_error"

    @property
    def used(self) -> DnsAnswer | None:
        return self._facts().used

    def hear(self, data: bytes, after: float, ip_ttl: int | None = None) -> None:
        answer = dns_message.digest(data, self.name, self.kind, self.id, after, ip_ttl)
        cnames = tuple(map(self._draft.context.scrub, answer.cnames))
        self.answers.append(structs.replace(answer, cnames=cnames))

    async def over_udp(self, server: tuple[str, int], seconds: float) -> None:
        """Ask, and listen until `seconds` are over or, after a fit answer, `Deadlines.late_answers` more."""
        try:
            sock = UdpSocket(*server)
        except OSError as error:
            self._network_failure = failures.of_exception(error)
            return
        start = self._clock()
        asking: asyncio.Future[None] | None = None
        try:
            async with asyncio.timeout(seconds) as limit:
                await self._send(sock)
                asking = asyncio.ensure_future(self._keep_asking(sock))
                while True:
                    data, ip_ttl = await sock.receive()
                    self._draft.count(0, len(data))
                    waiting = self.used is None
                    self.hear(data, self._clock() - start, ip_ttl)
                    if waiting and self.used is not None:
                        asking.cancel()
                        loop = asyncio.get_running_loop()
                        limit.reschedule(loop.time() + self._draft.context.deadlines.late_answers)
        except OSError as error:
            if self.used is None:
                self._network_failure = failures.of_exception(error)
        finally:
            if asking is not None:
                asking.cancel()
            sock.close()

    async def _send(self, sock: UdpSocket) -> None:
        await sock.send(self.query)
        self.sent += 1
        self._draft.count(len(self.query), 0)

    async def _keep_asking(self, sock: UdpSocket) -> None:
        with suppress(OSError):  # whoever listens on the socket hears of it
            while True:
                await asyncio.sleep(self._draft.context.deadlines.ask_again)
                await self._send(sock)

    async def over_tcp(self, server: tuple[str, int], seconds: float) -> None:
        """Ask again over TCP, as a truncated answer wants it (RFC 7766)."""
        self.transport = "tcp"
        start = self._clock()
        connection = None
        try:
            async with asyncio.timeout(seconds):
                connection = await connect(*server)
                await connection.write(len(self.query).to_bytes(2, "big") + self.query)
                data = b""
                while len(data) < 2 or len(data) < 2 + int.from_bytes(data[:2], "big"):
                    piece = await connection.read()
                    if not piece:
                        raise EOFError
                    data += piece
            self.hear(data[2:], self._clock() - start)
        except (OSError, EOFError) as error:
            self._draft.fields["dns"] = self._facts()
            raise self._draft.fail("resolve", failures.of_exception(error)) from None
        finally:
            if connection is not None:
                self._draft.count(connection.bytes_sent, connection.bytes_received)
                connection.close()

    def finish(self) -> None:
        """Write what came into the draft; raises its failure."""
        self._draft.fields["dns"] = self._facts()
        if not self.answers:
            raise self._draft.fail("resolve", self._network_failure)
        used = self.used or self.answers[0]
        failure = dns_message.failure(used)
        if failure:
            raise self._draft.fail("resolve", failure)
        self._draft.phases["resolve"] = used.after

    def _facts(self) -> DnsFacts:
        return DnsFacts(
            question=self.kind,
            transport=self.transport,
            answers=tuple(self.answers),
            sent=max(1, self.sent),
            http_version=self.http_version,
        )
