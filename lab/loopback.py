"""A helper on loopback, for tests and benchmarks that need a real server in the same process."""

import asyncio
import socket
import ssl
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from helper.certificate import make, pin
from helper.control import Control
from helper.limits import Accounts, Limits
from helper.routes import State
from helper.server import Address, Server, listen, tls_context

T = TypeVar("T")
# As a helper has them that nobody set others for.
LIMITS: Final = Limits()


@dataclass(frozen=True)
class RunningHelper:
    """Where it listens, and the pin of its certificate."""

    port: int
    sha256: str
    state: State
    cert: Path
    key: Path
    quic_port: int | None = None


@contextmanager
def running_helper(
    *hosts: str,
    limits: Limits = LIMITS,
    control_hosts: frozenset[str] = frozenset(),
    quic: bool = False,
) -> Iterator[RunningHelper]:
    """A helper in a thread of its own, on one free port at each of `hosts` (default 127.0.0.1).

    With `quic` it answers HTTP/3 too, on another free port of the first.
    """
    with tempfile.TemporaryDirectory() as folder:
        cert, key = Path(folder) / "cert.pem", Path(folder) / "key.pem"
        make(cert, key)
        control = Control(control_hosts, "https://helper.example/", time.monotonic)
        state = State(limits, Accounts(limits, b"key"), time.monotonic, control)
        first = listen(Address(hosts[0] if hosts else "127.0.0.1", 0))
        port = first.getsockname()[1]
        sockets = [first, *(listen(Address(host, port)) for host in hosts[1:])]
        server = Server(sockets, tls_context(cert, key), state)
        with loop_in_thread() as call:
            call(_started(server))
            http3 = call(_http3(first.getsockname()[0], cert, key, state)) if quic else None
            quic_port = http3.get_extra_info("sockname")[1] if http3 else None
            try:
                yield RunningHelper(port, pin(cert), state, cert, key, quic_port)
            finally:
                if http3:
                    call(_shut(http3))
                call(server.close())


async def _started(server: Server) -> None:
    server.start()


async def _http3(host: str, cert: Path, key: Path, state: State) -> asyncio.DatagramTransport:
    from helper.quic import handler  # aioquic takes 100 ms to import

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: handler(cert, key, state), local_addr=(host, 0)
    )
    return transport


async def _shut(transport: asyncio.DatagramTransport) -> None:
    transport.close()
    await asyncio.sleep(0)  # it gives its socket back in the loop's next turn


@contextmanager
def loop_in_thread() -> Iterator[Callable[[Coroutine[Any, Any, T]], T]]:
    """An event loop in a thread; what is yielded runs a coroutine there and gives its result."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def any_certificate() -> ssl.SSLContext:
    """A client context that judges nothing: callers compare the pin themselves."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


@dataclass(frozen=True)
class Pacing:
    """What a relay does to the bytes (from the server, but for `up_rate`) of flows whose ClientHello holds a name."""

    rate: float | None = None  # bytes per second; None = as fast as it comes
    burst: int = 0  # bytes that pass first
    freeze_after: int | None = None  # bytes; then silence
    reset_after: int | None = None  # bytes; then RST
    delay: float = 0.0  # seconds before the first byte
    up_rate: float | None = None  # bytes per second from the client


_HELD = 8192  # bytes from the client that a relay holds: more would look as if they had arrived
_PIECE = 4096  # bytes passed on at a time: fine enough for rates of 1 kB/s and more
_FREE = Pacing()


class Relay:
    """Passes connections on to a server and slows those whose ClientHello holds a name of `rules`."""

    def __init__(self, upstream: tuple[str, int], rules: dict[str, Pacing]) -> None:
        self.upstream = upstream
        self.rules = rules
        self.seen: list[tuple[str, str | None]] = []  # (local address, matching name) of each connection

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client connection."""
        try:
            # asyncio's streams complain of a cancelled handler
            with suppress(OSError, asyncio.CancelledError):
                await self._relay(reader, writer)
        finally:
            await _close(writer)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = await reader.read(65_536)
        name = next((name for name in self.rules if name.encode() in hello), None)
        self.seen.append((writer.get_extra_info("sockname")[0], name))
        upper_reader, upper_writer = await asyncio.open_connection(*self.upstream)
        upper_writer.write(hello)
        pacing = self.rules.get(name or "", _FREE)
        down = asyncio.create_task(self._down(upper_reader, writer, pacing))
        try:
            while data := await reader.read(_PIECE):
                upper_writer.write(data)
                await upper_writer.drain()
                if pacing.up_rate:
                    await asyncio.sleep(len(data) / pacing.up_rate)
            upper_writer.write_eof()
        finally:
            down.cancel()
            upper_writer.close()  # before anything is awaited: a task that is cancelled here does not come back
            await asyncio.gather(down, return_exceptions=True)

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pacing: Pacing) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(pacing.delay)
        passed, due = 0, loop.time()
        while data := await reader.read(_PIECE if pacing != _FREE else 65_536):
            passed += len(data)
            if pacing.reset_after is not None and passed > pacing.reset_after:
                sock = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
                return
            if pacing.freeze_after is not None and passed > pacing.freeze_after:
                await asyncio.Event().wait()
            if pacing.rate and passed > pacing.burst:
                due = max(due, loop.time()) + len(data) / pacing.rate
                await asyncio.sleep(due - loop.time())
            writer.write(data)
            await writer.drain()
        writer.write_eof()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@contextmanager
def running_relay(
    upstream: tuple[str, int], rules: dict[str, Pacing], *hosts: str
) -> Iterator[tuple[int, Relay]]:
    """A relay in a thread of its own on one free port at each of `hosts`; gives the port and the relay."""
    relay = Relay(upstream, rules)
    with loop_in_thread() as call:
        first = listen(Address(hosts[0] if hosts else "127.0.0.1", 0))
        port = int(first.getsockname()[1])
        sockets = [first, *(listen(Address(host, port)) for host in hosts[1:])]
        for sock in sockets:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _HELD)
        servers = [call(asyncio.start_server(relay.serve, sock=sock, limit=_HELD)) for sock in sockets]
        try:
            yield port, relay
        finally:
            call(_closed(servers))


async def _closed(servers: list[asyncio.Server]) -> None:
    for server in servers:
        server.close()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    # transports that were closed just now give their sockets back in the loop's next turn
    await asyncio.sleep(0)
