"""A helper on loopback, for tests and benchmarks that need a real server in the same process."""

import asyncio
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from helper.certificate import make, pin
from helper.control import Control
from helper.limits import Accounts, Limits
from helper.routes import State
from helper.server import Address, Server, listen, tls_context


@dataclass(frozen=True)
class RunningHelper:
    """Where it listens, and the pin of its certificate."""

    port: int
    sha256: str
    state: State
    cert: Path
    key: Path


@contextmanager
def running_helper(
    *hosts: str,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    control_hosts: frozenset[str] = frozenset(),
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[RunningHelper]:
    """A helper in a thread of its own, on one free port at each of `hosts` (default 127.0.0.1)."""
    with tempfile.TemporaryDirectory() as folder:
        cert, key = Path(folder) / "cert.pem", Path(folder) / "key.pem"
        make(cert, key)
        control = Control(control_hosts, "https://helper.example/", clock)
        state = State(limits, Accounts(limits, b"key"), clock, control)
        first = listen(Address(hosts[0] if hosts else "127.0.0.1", 0))
        port = first.getsockname()[1]
        sockets = [first, *(listen(Address(host, port)) for host in hosts[1:])]
        server = Server(sockets, tls_context(cert, key), state)
        with loop_in_thread() as call:
            call(_started(server))
            try:
                yield RunningHelper(port, pin(cert), state, cert, key)
            finally:
                call(server.close())


async def _started(server: Server) -> None:
    server.start()


@contextmanager
def loop_in_thread() -> Iterator[Callable[..., object]]:
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
