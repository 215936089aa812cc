"""Real servers on loopback, right or wrong on purpose. Each listens before it is handed out: no race, no sleep."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """A TCP server whose behaviour is one coroutine; with `tls`, that coroutine speaks inside TLS."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.heard: list[bytes] = []  # what each connection sent until it was answered


@asynccontextmanager
async def tcp_server(
    handler: "Behaviour", *, tls: ssl.SSLContext | None = None, address: str = "127.0.0.1"
) -> AsyncIterator[Server]:
    """Serve `handler(reader, writer, server)` on a free port of `address` until the block ends."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        try:
            await handler(reader, writer, server)
        except (ConnectionError, ssl.SSLError, asyncio.CancelledError, TimeoutError):
            pass  # the client has gone, or the test is over
        finally:
            writer.close()

    tasks: set[asyncio.Task[None] | None] = set()
    listening = await asyncio.start_server(serve, address, 0, ssl=tls)
    server = Server(listening.sockets[0].getsockname()[1])
    try:
        yield server
    finally:
        listening.close()
        for task in tasks:
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in tasks if task), return_exceptions=True)


Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter, Server], Awaitable[None]]


async def _hear(reader: asyncio.StreamReader, server: Server) -> bytes:
    data = await reader.read(65536)
    server.heard.append(data)
    return data


async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server) -> None:
    """Silence: read everything, answer nothing."""
    while await _hear(reader, server):
        pass


async def fin_after_hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server) -> None:
    await _hear(reader, server)


async def rst_after_hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server) -> None:
    await _hear(reader, server)
    reset(writer)


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with a RST (SO_LINGER with no time to linger)."""
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def answer(data: bytes, *, then: Behaviour | None = None) -> Behaviour:
    """Answer the first thing heard with `data`; then do `then`, or close."""

    async def behaviour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server) -> None:
        await _hear(reader, server)
        writer.write(data)
        await writer.drain()
        if then is not None:
            await then(reader, writer, server)

    return behaviour
