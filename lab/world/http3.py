"""HTTP/3 on aioquic."""

import asyncio
from pathlib import Path
from typing import Any

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import QuicServer
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, H3Event, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ProtocolNegotiated, QuicEvent

from lab.world.http1 import Respond
from lab.world.pace import pieces
from lab.world.pages import Request


class Http3Protocol(QuicConnectionProtocol):
    """One connection."""

    def __init__(self, *args: Any, respond: Respond, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._respond = respond
        self._http: H3Connection | None = None
        self._requests: dict[int, tuple[dict[str, str], bytearray]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def quic_event_received(self, event: QuicEvent) -> None:
        if isinstance(event, ProtocolNegotiated) and event.alpn_protocol in H3_ALPN:
            self._http = H3Connection(self._quic)
        if self._http is not None:
            for http_event in self._http.handle_event(event):
                self._handle(http_event)

    def _handle(self, event: H3Event) -> None:
        if isinstance(event, HeadersReceived):
            headers = {name.decode(): value.decode() for name, value in event.headers}
            self._requests.setdefault(event.stream_id, (headers, bytearray()))
        elif isinstance(event, DataReceived):
            self._requests[event.stream_id][1].extend(event.data)
        else:
            return
        if event.stream_ended:
            headers, body = self._requests.pop(event.stream_id)
            task = asyncio.get_running_loop().create_task(self._answer(event.stream_id, headers, bytes(body)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, stream_id: int, headers: dict[str, str], body: bytes) -> None:
        assert self._http is not None
        request = Request(headers.get(":authority", "").lower(), headers[":path"], headers[":method"])
        answer = await self._respond(request, body)
        fields = [(b":status", str(answer.status).encode())]
        fields += [(name.encode(), value.encode()) for name, value in answer.headers]
        if answer.status not in (204, 304):
            fields.append((b"content-length", str(len(answer.body)).encode()))
        silent = request.method == "HEAD" or not answer.body
        self._http.send_headers(stream_id, fields, end_stream=silent)
        self.transmit()
        if silent:
            return
        for piece, pause in pieces(answer):
            self._http.send_data(stream_id, piece, end_stream=False)
            self.transmit()
            await asyncio.sleep(pause)
        self._http.send_data(stream_id, b"", end_stream=True)
        self.transmit()


def http3_server(leaf: Path, respond: Respond) -> QuicServer:
    """The protocol of one UDP socket; certificate, chain and key are in the PEM file `leaf`."""
    configuration = QuicConfiguration(alpn_protocols=H3_ALPN, is_client=False)
    configuration.load_cert_chain(leaf, leaf)

    def create(*args: Any, **kwargs: Any) -> Http3Protocol:
        return Http3Protocol(*args, respond=respond, **kwargs)

    return QuicServer(configuration=configuration, create_protocol=create)
