"""One client connection: read a request, answer it, again until the client has enough."""

import asyncio
import socket
from typing import Final

from helper.flows import is_token
from helper.http1 import HEAD_LIMIT, BadRequest, Request, answer_head, parse_request
from helper.routes import Answer, State, answer, refusal_of_upload, text
from probes.tcp_info import snapshot

# Written at a time: large enough for many hundred Mbit/s, small enough that memory per flow stays under 1 MB.
CHUNK: Final = 131_072

# The client names a flow so that it can ask about it later. A header that plain web clients send too.
TOKEN_HEADER: Final = "x-request-id"


async def serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client: bytes, state: State, flow: "Flow"
) -> None:
    """Answer until the client closes, breaks a rule or its time is over."""
    try:
        async with asyncio.timeout(state.limits.connection_seconds):
            while await _one(reader, writer, client, state, flow):
                pass
    except (TimeoutError, ConnectionError, asyncio.IncompleteReadError):
        writer.transport.abort()  # nobody reads any more; keep no dead buffers
    finally:
        writer.close()


async def _one(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client: bytes, state: State, flow: "Flow"
) -> bool:
    """Answer one request; True = another may follow."""
    try:
        request = await _read_request(reader, state)
        if request is None:
            return False
        refused = refusal_of_upload(state, request, client)
    except BadRequest as error:
        await _send(writer, text(400, str(error)), False)
        return False
    if refused:
        await _send(writer, refused, False)
        return False
    flow.name(request.headers.get(TOKEN_HEADER, ""))
    await _drop_body(reader, request)
    await _send(writer, await answer(state, request, client), request.keep_alive)
    return request.keep_alive


async def _read_request(reader: asyncio.StreamReader, state: State) -> Request | None:
    try:
        async with asyncio.timeout(state.limits.head_seconds):
            return parse_request(await reader.readuntil(b"\r\n\r\n"))
    except asyncio.LimitOverrunError as error:
        raise BadRequest(f"a head of more than {HEAD_LIMIT} bytes") from error
    except asyncio.IncompleteReadError:
        return None


class Flow:
    """Notes what the kernel says about the flows of one connection.

    `sock` is a duplicate that outlives asyncio's own: a client resets its connection at its cap, asyncio then closes
    the socket at once, and the numbers of the whole flow would be lost.
    """

    def __init__(self, sock: socket.socket, state: State) -> None:
        self._sock = sock
        self._state = state
        self._token: str | None = None

    def name(self, token: str) -> None:
        """What comes now belongs to `token`; what came before is noted under the old name."""
        self.note()
        self._token = token if is_token(token) else None

    def note(self) -> None:
        if self._token:
            info = snapshot(self._sock)
            if info:
                self._state.flows.note(self._token, info, self._state.clock())


async def _drop_body(reader: asyncio.StreamReader, request: Request) -> None:
    left = request.content_length or 0
    while left:
        data = await reader.read(min(CHUNK, left))
        if not data:
            raise asyncio.IncompleteReadError(b"", left)
        left -= len(data)


async def _send(writer: asyncio.StreamWriter, reply: Answer, keep_alive: bool) -> None:
    writer.write(answer_head(reply.status, len(reply.body), reply.content_type, keep_alive))
    body = memoryview(reply.body)
    for start in range(0, len(body), CHUNK):
        if writer.is_closing():
            raise ConnectionResetError  # asyncio would take the rest, and write a line for each piece
        writer.write(body[start : start + CHUNK])
        await writer.drain()
