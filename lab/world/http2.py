"""HTTP/2 on a TLS connection that agreed on `h2`."""

import asyncio
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from lab.world.http1 import Respond
from lab.world.pace import pieces
from lab.world.pages import Answer, Request


@dataclass
class _Stream:
    headers: dict[str, str]
    body: bytearray = field(default_factory=bytearray)
    window: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Http2Protocol(asyncio.Protocol):
    """One connection; each request is answered in a task of its own, within the client's flow control."""

    def __init__(self, respond: Respond) -> None:
        self._respond = respond
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        self._connection = h2.connection.H2Connection(config)
        self._streams: dict[int, _Stream] = {}
        self._writable = asyncio.Event()
        self._writable.set()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connection.initiate_connection()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._writable.set()
        for stream in self._streams.values():
            if stream.task:
                stream.task.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        try:
            events = self._connection.receive_data(data)
        except h2.exceptions.ProtocolError:
            events = []
            self._flush()
            if self._transport:
                self._transport.close()
        for event in events:
            self._handle(event)
        self._flush()

    def _handle(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            headers = {str(name): str(value) for name, value in event.headers}
            self._streams[event.stream_id] = _Stream(headers)
        elif isinstance(event, h2.events.DataReceived):
            self._streams[event.stream_id].body += event.data
            self._connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            stream = self._streams[event.stream_id]
            stream.task = asyncio.get_running_loop().create_task(self._answer(event.stream_id, stream))
        elif isinstance(event, h2.events.WindowUpdated | h2.events.RemoteSettingsChanged):
            for stream in self._streams.values():
                stream.window.set()
        elif isinstance(event, h2.events.StreamReset):
            gone = self._streams.pop(event.stream_id, None)
            if gone and gone.task:
                gone.task.cancel()
        elif isinstance(event, h2.events.ConnectionTerminated) and self._transport:
            self._transport.close()

    async def _answer(self, stream_id: int, stream: _Stream) -> None:
        headers = stream.headers
        request = Request(headers.get(":authority", "").lower(), headers[":path"], headers[":method"])
        answer = await self._respond(request, bytes(stream.body))
        fields = [(":status", str(answer.status)), *answer.headers]
        body = b"" if request.method == "HEAD" else answer.body
        if answer.status not in (204, 304):
            fields.append(("content-length", str(len(answer.body))))
        self._connection.send_headers(stream_id, fields, end_stream=not body)
        self._flush()
        if body:
            await self._send_body(stream_id, stream, answer)
        self._streams.pop(stream_id, None)

    async def _send_body(self, stream_id: int, stream: _Stream, answer: Answer) -> None:
        for piece, pause in pieces(answer):
            rest = memoryview(piece)
            while rest:
                await self._writable.wait()
                if self._transport is None:
                    return
                room = self._connection.local_flow_control_window(stream_id)
                if room == 0:
                    stream.window.clear()
                    await stream.window.wait()
                    continue
                size = min(room, self._connection.max_outbound_frame_size, len(rest))
                self._connection.send_data(stream_id, bytes(rest[:size]))
                self._flush()
                rest = rest[size:]
            await asyncio.sleep(pause)
        self._connection.end_stream(stream_id)
        self._flush()

    def _flush(self) -> None:
        data = self._connection.data_to_send()
        if data and self._transport:
            self._transport.write(data)
