"""Runs the servers of a world in the current network namespace.

`start` opens its sockets through an argument, so that tests put the same servers on loopback ports.
"""

import asyncio
import logging
import os
import random
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import msgspec

from helper import quic as helper_quic
from helper import server as helper
from helper.limits import Accounts, Limits
from helper.routes import State
from lab.world import real
from lab.world.certificates import Wardrobe, fingerprint
from lab.world.changes import Kind, WorldChanges, matches, site_change
from lab.world.http1 import Respond, http1_server
from lab.world.http2 import Http2Protocol
from lab.world.http3 import http3_server
from lab.world.pages import Answer, Pages, Request
from lab.world.plan import HELPER, HELPER_NAME, ISP, MITM, PORTAL_NAME, Network, Plan, make_plan, nat64
from lab.world.resolver import TcpResolver, UdpResolver, doh
from lab.world.telegram import DataCentreProtocol
from lab.world.zone import Zone
from measurements.targets import Targets

_ALPN: Final = ["h2", "http/1.1"]
_BACKLOG: Final = 256  # connections that wait to be accepted: more than a round opens at once
_IP_FREEBIND: Final = 15  # linux/in.h; Python has no name for it

OpenSocket = Callable[[str, int, socket.SocketKind], socket.socket]
"""(address, port, kind) -> a bound socket."""


class WorldConfig(msgspec.Struct, frozen=True):
    """What `serve` needs; plain data, so that it can cross a fork or a pipe."""

    targets: Targets
    world: WorldChanges
    folder: Path  # exists; ca.pem and the leaves are written there
    seed: int = 1


def open_socket(address: str, port: int, kind: socket.SocketKind) -> socket.socket:
    """A socket bound to exactly this address and port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, kind)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # The address is ours by a local route; IPv6 binds to such a one only when told to (ip(7), IP_FREEBIND).
    opened.setsockopt(socket.SOL_IP, _IP_FREEBIND, 1)
    opened.bind((address, port))
    return opened


def live_addresses(plan: Plan, world: WorldChanges) -> tuple[str, ...]:
    """The addresses that the server side must own; the dead ones are left out, so that packets to them vanish."""
    dead = {
        address
        for name, addresses in plan.names.items()
        for address in addresses
        if matches(name, world.dead) or (":" in address and matches(name, world.dead_ipv6))
    }
    dead.update(address for address, _ in plan.telegram if matches(address, world.dead))
    dead.update(address for address in plan.doh if matches(address, world.dead))
    alive = tuple(address for address in plan.addresses if address not in dead)
    if world.nat64:
        alive += tuple(nat64(address) for address in alive if ":" not in address)
    return alive


def serve(config: Mapping[str, Any], ready_fd: int) -> None:
    """Serve the world of a `WorldConfig` (its fields as a mapping) until killed.

    Writes a line of JSON to `ready_fd` once every socket listens.
    """
    given = WorldConfig(**config)
    logging.basicConfig(filename=given.folder / "servers.log", level=logging.WARNING)
    asyncio.run(_serve(given, ready_fd))


async def _serve(config: WorldConfig, ready_fd: int) -> None:
    servers = Servers(config, open_socket)
    await servers.start()
    ready = {"ca_file": str(servers.wardrobe.ca_file), "helper_sha256": servers.helper_sha256}
    with os.fdopen(ready_fd, "wb") as pipe:
        pipe.write(msgspec.json.encode(ready) + b"\n")
    await asyncio.Event().wait()


class Servers:
    """All servers of one world."""

    def __init__(self, config: WorldConfig, opener: OpenSocket = open_socket) -> None:
        self.plan = make_plan(config.targets)
        self.wardrobe = Wardrobe(config.folder)
        self._world = config.world
        self._folder = config.folder
        # Networks of the targets file; the lab's own (portal, interceptor ...) are ours always
        self._real = [*config.targets.platforms, *(control.id for control in config.targets.controls)]
        self._open = opener
        self._random = random.Random(config.seed)
        self._pages = Pages(config.targets, config.world)
        self._live = set(live_addresses(self.plan, config.world))
        self._closers: list[Callable[[], None]] = []
        self._helper: helper.Server | None = None
        self._contexts: dict[tuple[tuple[str, ...], Kind], ssl.SSLContext] = {}

    async def start(self) -> None:
        """Open every socket and listen."""
        for network in self.plan.networks.values():
            if not (self._world.real_servers and network.id in self._real):
                await self._start_web(network)
        if self._world.real_servers:
            self._start_real()
        if not self._world.captive_portal:
            await self._start_helper()
        await self._start_resolvers()
        for address, port in self.plan.telegram:
            await self._tcp((address,), port, lambda: DataCentreProtocol(self._random.randbytes))

    @property
    def helper_sha256(self) -> str:
        """What an invite pins the helper by."""
        return fingerprint(self.wardrobe.file((HELPER_NAME,)))

    async def close(self) -> None:
        """Stop listening."""
        if self._helper:
            await self._helper.close()
        for close in self._closers:
            close()
        self._closers.clear()

    def _start_real(self) -> None:
        networks = [self.plan.networks[id_] for id_ in self._real]
        real.start_nginx(self._folder, networks, self._pages.usual(), self.wardrobe, self._live)
        real.start_unbound(self._folder, self.plan)

    # --- web ---

    async def _start_web(self, network: Network) -> None:
        if network.id == ISP or (network.id == HELPER and not self._world.captive_portal):
            return
        addresses = network.addresses + network.regional
        await self._tls(addresses, self._context(network), self._respond)
        await self._tcp(addresses, 80, http1_server(self._respond, secure=False))
        if network.id != MITM and not self._world.captive_portal:
            await self._start_quic(network)

    async def _start_quic(self, network: Network) -> None:
        if any(matches(name, self._world.no_quic) for name in network.names):
            return
        leaf = self.wardrobe.file(network.names)
        for address in self._alive(network.addresses + network.regional):
            opened = self._open(address, 443, socket.SOCK_DGRAM)
            await self._udp(opened, lambda: http3_server(leaf, self._respond))

    async def _respond(self, request: Request, body: bytes) -> Answer:
        answer = self._pages.answer(request)
        await asyncio.sleep(answer.delay)
        return answer

    async def _start_helper(self) -> None:
        """The same server that operators run (`efir helper --quic`)."""
        leaf = self.wardrobe.file((HELPER_NAME,))
        limits = Limits()
        accounts = Accounts(limits, self._random.randbytes(16))
        state = State(limits=limits, accounts=accounts, clock=time.monotonic)
        sockets = []
        for address in self._alive(self.plan.networks[HELPER].addresses):
            opened = self._open(address, 443, socket.SOCK_STREAM)
            opened.listen(_BACKLOG)
            opened.setblocking(False)
            sockets.append(opened)
            udp = self._open(address, 443, socket.SOCK_DGRAM)
            await self._udp(udp, lambda: helper_quic.handler(leaf, leaf, state))
        self._helper = helper.Server(sockets, helper.tls_context(leaf, leaf), state)
        self._helper.start()

    # --- names ---

    async def _start_resolvers(self) -> None:
        if not self._world.real_servers:
            await self._start_plain(self.plan.resolver, self._zone(trusted=False))
        for address, name in self.plan.doh.items():
            zone = self._zone(trusted=True)
            await self._start_plain((address,), zone)
            context = self._portal() if self._world.captive_portal else self._for_names((name,))
            respond = self._respond if self._world.captive_portal else doh(zone)
            await self._tls((address,), context, respond)

    def _zone(self, trusted: bool) -> Zone:
        return Zone(self.plan, self._world, trusted, self._random.random)

    async def _start_plain(self, addresses: tuple[str, ...], zone: Zone) -> None:
        await self._tcp(addresses, 53, lambda: TcpResolver(zone))
        for address in self._alive(addresses):
            await self._udp(self._open(address, 53, socket.SOCK_DGRAM), lambda: UdpResolver(zone))

    # --- certificates ---

    def _context(self, network: Network) -> ssl.SSLContext:
        if self._world.captive_portal:
            return self._portal()
        if network.id == MITM:
            return self._forging()
        context = self._for_names(network.names)
        context.sni_callback = self._choose
        return context

    def _portal(self) -> ssl.SSLContext:
        return self._for_names((PORTAL_NAME,), "self_signed")

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        """A site that presents a bad certificate in this scenario."""
        change = site_change(self._world, name) if name else None
        network = self.plan.network_of(name) if name else None
        if change and network and change.certificate != "genuine":
            connection.context = self._for_names(network.names, change.certificate)

    def _forging(self) -> ssl.SSLContext:
        context = self._for_names(("intercepted.lab",), "state")

        def forge(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            if name:
                network = self.plan.network_of(name)
                connection.context = self._for_names(network.names if network else (name,), "state")

        context.sni_callback = forge
        return context

    def _for_names(self, names: tuple[str, ...], kind: Kind = "genuine") -> ssl.SSLContext:
        if (names, kind) not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.wardrobe.file(names, kind))
            context.set_alpn_protocols(_ALPN)
            self._contexts[names, kind] = context
        return self._contexts[names, kind]

    # --- sockets ---

    async def _tls(self, addresses: tuple[str, ...], context: ssl.SSLContext, respond: Respond) -> None:
        http1 = http1_server(respond, secure=True)
        await self._tcp(addresses, 443, lambda: _Doorman(http1, respond), context)

    async def _tcp(
        self,
        addresses: tuple[str, ...],
        port: int,
        factory: Callable[[], asyncio.BaseProtocol],
        context: ssl.SSLContext | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        for address in self._alive(addresses):
            opened = self._open(address, port, socket.SOCK_STREAM)
            server = await loop.create_server(factory, sock=opened, ssl=context, backlog=_BACKLOG)
            self._closers.append(server.close)

    async def _udp(self, opened: socket.socket, factory: Callable[[], asyncio.DatagramProtocol]) -> None:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(factory, sock=opened)
        self._closers.append(transport.close)

    def _alive(self, addresses: tuple[str, ...]) -> list[str]:
        found = [address for address in addresses if address in self._live]
        if self._world.nat64:
            found += [nat64(one) for one in found if ip_address(one).version == 4]
        return found


class _Doorman(asyncio.Protocol):
    """Hands a connection to HTTP/2 or HTTP/1.1, as the handshake agreed."""

    def __init__(self, http1: Callable[[], asyncio.BaseProtocol], respond: Respond) -> None:
        self._http1 = http1
        self._respond = respond

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        agreed = transport.get_extra_info("ssl_object").selected_alpn_protocol()
        protocol = Http2Protocol(self._respond) if agreed == "h2" else self._http1()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
