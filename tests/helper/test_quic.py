"""The helper over HTTP/3, asked by a plain client."""

import asyncio
import ssl

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import QuicEvent

from helper.corpus import stream
from helper.quic import start


class _Client(QuicConnectionProtocol):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.http = H3Connection(self._quic)
        self.status = b""
        self.body = b""
        self.done = asyncio.get_running_loop().create_future()

    def quic_event_received(self, event: QuicEvent) -> None:
        for each in self.http.handle_event(event):
            if isinstance(each, HeadersReceived):
                self.status = dict(each.headers)[b":status"]
            if isinstance(each, DataReceived):
                self.body += each.data
            if each.stream_ended and not self.done.done():
                self.done.set_result(None)

    async def get(self, path: str) -> tuple[bytes, bytes]:
        number = self._quic.get_next_available_stream_id()
        head = {":method": "GET", ":scheme": "https", ":authority": "x", ":path": path}
        fields = [(name.encode(), value.encode()) for name, value in head.items()]
        self.http.send_headers(number, fields, end_stream=True)
        self.transmit()
        await asyncio.wait_for(self.done, 10)
        return self.status, self.body


async def _ask(helper, path: str) -> tuple[bytes, bytes]:
    server = await start(("127.0.0.1", 0), helper.cert, helper.key, helper.state)
    port = server._transport.get_extra_info("sockname")[1]
    configuration = QuicConfiguration(
        alpn_protocols=H3_ALPN, verify_mode=ssl.CERT_NONE, server_name="www.youtube.com"
    )
    try:
        async with connect("127.0.0.1", port, configuration=configuration, create_protocol=_Client) as client:
            return await client.get(path)
    finally:
        server.close()


def test_the_same_bytes_come_over_http3(helper):
    assert asyncio.run(_ask(helper, "/bytes/100000")) == (b"200", stream(100_000))


def test_the_root_answers_204_over_http3(helper):
    assert asyncio.run(_ask(helper, "/")) == (b"204", b"")


def test_too_large_an_object_is_refused_over_http3(helper):
    assert asyncio.run(_ask(helper, "/bytes/8388609"))[0] == b"403"
