"""HTTP/1.1: aiohttp's server with the lab's pages behind it."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from lab.world.pace import pieces
from lab.world.pages import Answer, Request

Respond = Callable[[Request, bytes], Awaitable[Answer]]
"""Gives the answer to a request and its body; shared by HTTP/1.1, HTTP/2 and HTTP/3."""


def http1_server(respond: Respond, secure: bool) -> web.Server:
    """A protocol factory."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        body = b"".join([chunk async for chunk in request.content.iter_any()])
        host = (request.headers.get("host") or "").rpartition(":")[0] or request.headers.get("host") or ""
        asked = Request(host.lower(), request.path_qs, request.method, secure)
        return await _send(request, await respond(asked, body))

    return web.Server(handle, access_log=None)


async def _send(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=dict(answer.headers))
    if answer.status not in (204, 304):
        response.content_length = len(answer.body)
    await response.prepare(request)
    if request.method != "HEAD":
        for piece, pause in pieces(answer):
            await response.write(piece)
            await asyncio.sleep(pause)
    await response.write_eof()
    return response
