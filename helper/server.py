"""The helper's sockets: accepts on several addresses, judges limits before TLS costs anything, stops gracefully.

Nothing is logged about clients, not even on errors.
"""

import asyncio
import socket
import ssl
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helper import inverted
from helper.connection import CHUNK, Flow, serve
from helper.http1 import HEAD_LIMIT
from helper.routes import State


@dataclass(frozen=True)
class Address:
    """Where to listen; port 0 = any free one."""

    host: str
    port: int


def tls_context(cert: Path, key: Path) -> ssl.SSLContext:
    """Server context that answers any SNI with `cert`, offers http/1.1 alone and resumes no session."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.set_alpn_protocols(["http/1.1"])
    # A resumed handshake has other lengths than a full one, and the flows of a pair must be alike.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    return context


def listen(address: Address) -> socket.socket:
    """A bound, listening TCP socket. Raises OSError."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address.host, address.port))
        sock.listen(256)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


class Server:
    """Accepts on `sockets` until `close` is called."""

    def __init__(self, sockets: Sequence[socket.socket], tls: ssl.SSLContext, state: State) -> None:
        self._sockets = sockets
        self._tls = tls
        self._state = state
        self._accepting: list[asyncio.Task[None]] = []
        self._connections: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to accept; needs a running loop."""
        self._accepting = [asyncio.create_task(self._accept(sock)) for sock in self._sockets]

    async def close(self) -> None:
        """Accept no more, give the flows under way `shutdown_seconds`, then cut them."""
        for task in self._accepting:
            task.cancel()
        await asyncio.gather(*self._accepting, return_exceptions=True)
        for sock in self._sockets:
            sock.close()
        if self._connections:
            await asyncio.wait(self._connections, timeout=self._state.limits.shutdown_seconds)
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, peer = await loop.sock_accept(listener)
            except OSError:
                # Out of file descriptors, or the client is gone already: others must still be served.
                await asyncio.sleep(0.1)
                continue
            client = self._state.accounts.client(peer[0])
            if self._state.accounts.enter(client, self._state.clock()):
                self._keep(self._connection(sock, client))
            else:
                sock.close()

    def _keep(self, connection: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(connection)
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _connection(self, sock: socket.socket, client: bytes) -> None:
        watched = sock.dup()
        flow = Flow(watched, self._state)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(self._state.limits.head_seconds):
                first = await inverted.first_byte(sock)
            if first == inverted.FIRST_BYTE:
                await self._inverted(sock, client, flow)
            else:
                await self._tls_connection(sock, client, flow)
        except (OSError, TimeoutError):
            return  # a scanner, a reset, a handshake that broke off: nothing to answer
        finally:
            flow.note()
            watched.close()
            sock.close()
            self._state.accounts.leave(client)

    async def _inverted(self, sock: socket.socket, client: bytes, flow: Flow) -> None:
        outer, inner = socket.socketpair()
        outer.setblocking(False)
        inner.setblocking(False)
        with outer, inner:
            relay = asyncio.create_task(inverted.relay(sock, outer))
            try:
                await self._tls_connection(inner, client, flow)
                await relay  # what is still in the pipe belongs to the flow
            finally:
                relay.cancel()
                await asyncio.gather(relay, return_exceptions=True)

    async def _tls_connection(self, sock: socket.socket, client: bytes, flow: Flow) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=HEAD_LIMIT)
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol,
            sock,
            ssl=self._tls,
            ssl_handshake_timeout=self._state.limits.handshake_seconds,
            ssl_shutdown_timeout=1.0,
        )
        transport.set_write_buffer_limits(high=2 * CHUNK)
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        await serve(reader, writer, client, self._state, flow)
        await _gone(writer)


async def _gone(writer: asyncio.StreamWriter) -> None:
    try:
        await writer.wait_closed()
    except (OSError, ssl.SSLError):
        return  # the client reset the connection instead of closing it, as it does at its cap
