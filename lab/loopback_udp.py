"""A relay for QUIC on loopback: passes datagrams on, and polices what comes back to those who named some server."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from lab.buckets import TokenBucket
from lab.censor.quic_sni import QuicReader
from lab.loopback import Pacing, loop_in_thread

_LARGEST = 65_536  # bytes: no datagram is longer
_LEAST_BURST = 5_000  # a few packets: a bucket smaller than one lets nothing through
Peer = tuple[str, int]


class _Way:
    """One client's datagrams, there and back. `rules` by name; "" stands for every other one."""

    def __init__(
        self, relay: asyncio.DatagramTransport, client: Peer, upstream: Peer, rules: dict[str, Pacing]
    ) -> None:
        self._relay, self._client, self._rules = relay, client, rules
        self._loop = asyncio.get_running_loop()
        self._reader = QuicReader()
        self._passed = 0
        self._name = ""
        self._obey(rules.get("", Pacing()))
        self.sock = socket.socket(type=socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        self.sock.connect(upstream)
        self._loop.add_reader(self.sock, self._down)

    def _obey(self, pacing: Pacing) -> None:
        self._freeze_after = pacing.freeze_after
        rate = pacing.rate
        self._bucket = TokenBucket(rate * 8, max(pacing.burst, _LEAST_BURST)) if rate else None

    def up(self, data: bytes) -> None:
        name = self._reader.feed(data)
        if isinstance(name, str) and name != self._name and name in self._rules:
            self._name = name
            self._obey(self._rules[name])
        self.sock.send(data)

    def _down(self) -> None:
        data = self.sock.recv(_LARGEST)
        self._passed += len(data)
        frozen = self._freeze_after is not None and self._passed > self._freeze_after
        if not frozen and (self._bucket is None or self._bucket.take(self._loop.time(), len(data))):
            self._relay.sendto(data, self._client)

    def close(self) -> None:
        self._loop.remove_reader(self.sock)
        self.sock.close()


class UdpRelay(asyncio.DatagramProtocol):
    """One listening address."""

    def __init__(self, upstream: Peer, rules: dict[str, Pacing]) -> None:
        self._upstream, self._rules = upstream, rules
        self._ways: dict[Peer, _Way] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, client: Peer) -> None:
        if client not in self._ways:
            self._ways[client] = _Way(self._transport, client, self._upstream, self._rules)
        self._ways[client].up(data)

    async def close(self) -> None:
        for way in self._ways.values():
            way.close()
        self._transport.close()
        await asyncio.sleep(0)  # the transport gives its socket back in the loop's next turn


@contextmanager
def running_udp_relay(upstream: Peer, rules: dict[str, Pacing], port: int, *hosts: str) -> Iterator[int]:
    """A relay in a thread of its own on `port` (0: any free one) at each of `hosts`; gives the port."""

    async def start(host: str, port: int) -> tuple[int, UdpRelay]:
        transport, relay = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: UdpRelay(upstream, rules), local_addr=(host, port)
        )
        return transport.get_extra_info("sockname")[1], relay

    with loop_in_thread() as call:
        relays = []
        for host in hosts:
            port, relay = call(start(host, port))
            relays.append(relay)
        try:
            yield port
        finally:
            for relay in relays:
                call(relay.close())
