"""The same answers over HTTP/3 (RFC 9114), so that a box's treatment of QUIC can be told from that of TCP."""

import asyncio
from pathlib import Path
from typing import Any

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import QuicServer
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, H3Event, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, QuicEvent

from helper.http1 import BadRequest, request
from helper.routes import Answer, State, answer, refusal_of_upload, text


class _Protocol(QuicConnectionProtocol):
    """One QUIC connection; one task a request."""

    def __init__(self, state: State, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._state = state
        self._http = H3Connection(self._quic)
        self._client: bytes | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def quic_event_received(self, event: QuicEvent) -> None:
        if isinstance(event, ConnectionTerminated):
            self._ended()
        for http_event in self._http.handle_event(event):
            self._http_event(http_event)

    def _http_event(self, event: H3Event) -> None:
        if isinstance(event, HeadersReceived):
            fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
            self._keep(event.stream_id, fields)
        elif isinstance(event, DataReceived) and event.data and not self._tasks:
            self.close()  # a body nobody announced

    def _keep(self, stream: int, fields: dict[str, str]) -> None:
        if not self._entered():
            self.close()
            return
        task = asyncio.create_task(self._answer(stream, fields))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _entered(self) -> bool:
        """Count the connection once its client has proved its address by the handshake."""
        if self._client is None:
            peer = self._quic._network_paths[0].addr  # aioquic offers no public way to the peer's address
            client = self._state.accounts.client(peer[0])
            if not self._state.accounts.enter(client, self._state.clock()):
                return False
            self._client = client
        return True

    def _ended(self) -> None:
        if self._client is not None:
            self._state.accounts.leave(self._client)
            self._client = None
        for task in tuple(self._tasks):
            task.cancel()

    async def _answer(self, stream: int, fields: dict[str, str]) -> None:
        reply = await self._reply(fields)
        head = [
            (b":status", str(reply.status).encode()),
            (b"content-type", reply.content_type.encode()),
            (b"cache-control", b"no-store, no-transform"),
        ]
        if reply.status != 204:
            head.append((b"content-length", str(len(reply.body)).encode()))
        self._http.send_headers(stream, head, end_stream=not reply.body)
        if reply.body:
            self._http.send_data(stream, bytes(reply.body), end_stream=True)
        self.transmit()

    async def _reply(self, fields: dict[str, str]) -> Answer:
        assert self._client is not None
        headers = {name: value for name, value in fields.items() if not name.startswith(":")}
        try:
            asked = request(fields.get(":method", ""), fields.get(":path", ""), headers)
            refused = refusal_of_upload(self._state, asked, self._client)
            return refused or await answer(self._state, asked, self._client)
        except BadRequest as error:
            return text(400, str(error))


def handler(cert: Path, key: Path, state: State) -> QuicServer:
    """The protocol of one UDP socket; a client that has not proved its address gets 3 times its own bytes at most."""
    configuration = QuicConfiguration(
        is_client=False, alpn_protocols=H3_ALPN, idle_timeout=state.limits.head_seconds
    )
    configuration.load_cert_chain(cert, key)
    return QuicServer(configuration=configuration, create_protocol=lambda *a, **k: _Protocol(state, *a, **k))


async def start(address: tuple[str, int], cert: Path, key: Path, state: State) -> QuicServer:
    """Answer HTTP/3 on `address`; raises OSError."""
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_datagram_endpoint(lambda: handler(cert, key, state), local_addr=address)
    return protocol
