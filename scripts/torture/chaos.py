"""The way between them: a proxy that cuts, duplicates, delays, replays and answers with errors of its own."""

import asyncio
import random
import socket
from contextlib import suppress


class Chaos:
    """A TCP proxy that does not mean well. One request a connection is all it understands."""

    FAKE_OK = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
    )
    ERROR = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    def __init__(self, port: int, chance: random.Random) -> None:
        self._port = port
        self._chance = chance
        self._seen: list[bytes] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            request = await _message(reader)
            self._seen = [*self._seen[-30:], request]
            await self._act(request, writer)
        writer.close()

    async def _act(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        fate = self._chance.random()
        if fate < 0.05:
            writer.write(self.ERROR)
        elif fate < 0.10:
            writer.write(self.FAKE_OK)
        elif fate < 0.18:  # cut on the way there
            await self._forward(request[: self._chance.randrange(len(request))], cut=True)
        elif fate < 0.30:  # the answer is lost
            await self._forward(request)
        elif fate < 0.40:  # sent twice at once
            answers = await asyncio.gather(self._forward(request), self._forward(request))
            writer.write(answers[0])
        elif fate < 0.50:  # something old first
            await self._forward(self._chance.choice(self._seen))
            writer.write(await self._forward(request))
        elif fate < 0.55:  # the answer is cut
            answer = await self._forward(request)
            writer.write(answer[: self._chance.randrange(len(answer))] if answer else b"")
        else:
            writer.write(await self._forward(request))

    async def _forward(self, request: bytes, cut: bool = False) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(request)
            await writer.drain()
            return b"" if cut else await _message(reader)
        finally:
            writer.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Head and body by Content-Length, which both our sides use."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ),
        0,
    )
    return head + await reader.readexactly(length)


def run_chaos(listening: socket.socket, port: int, seed: int) -> None:
    async def serve() -> None:
        chaos = Chaos(port, random.Random(seed))
        server = await asyncio.start_server(chaos.handle, sock=listening)
        await server.serve_forever()

    asyncio.run(serve())
