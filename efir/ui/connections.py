"""Connections to the page, so few and so short-lived that another user of this computer cannot choke it."""

import asyncio
import socket
from collections import deque
from http import HTTPStatus
from typing import Final

from aiohttp import web

from efir.server_log import server_log
from efir.ui.guard import HEADERS, HOST

# Browsers open six at a time to one host, and two windows may be open; files and memory for more are spent for nobody.
_MOST: Final = 64
# The system hands over at most so many at once, all of them before any is closed; far fewer than `_MOST`.
_BACKLOG: Final = 16
# On loopback a browser's request arrives within milliseconds; one that is idle for longer connects anew.
_PATIENCE: Final = 5.0  # seconds


class Connection(web.RequestHandler):
    """One connection. Until its request is there it may last no longer than between two requests."""

    __slots__ = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It begins. Without the first line here aiohttp waits for ever for the first request."""
        self.keep_alive(True)
        super().connection_made(transport)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what never reaches the application with the headers of all other answers."""
        answer = super().handle_error(request, status, exc, message)
        answer.headers.update(HEADERS)
        return answer


def listen() -> socket.socket:
    """A socket on loopback, at a port that the system draws."""
    return socket.create_server((HOST, 0))


async def accept(listening: socket.socket, server: web.Server) -> asyncio.Server:
    """Take connections for `server`. Of too many the oldest must go; a browser makes its own anew."""
    loop = asyncio.get_running_loop()
    newest: deque[Connection] = deque(maxlen=_MOST)

    def connect() -> Connection:
        if len(newest) == _MOST:
            newest[0].force_close()
        connection = Connection(
            server,
            loop=loop,
            access_log=None,  # type: ignore[arg-type]  # aiohttp's word for none, which its annotation forgets
            logger=server_log(),
            keepalive_timeout=_PATIENCE,
        )
        newest.append(connection)
        return connection

    return await loop.create_server(connect, sock=listening, backlog=_BACKLOG)
