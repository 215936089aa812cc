"""One question over DNS-over-HTTPS (RFC 8484), on an open TLS connection: HTTP/2, or HTTP/1.1 where that was agreed."""

from typing import Final

from probes.connect import Stream
from probes.wire.http1 import ResponseReader, build_request

_MEDIA_TYPE: Final = "application/dns-message"
_LIMIT: Final = 65535  # bytes; no DNS message is longer


class DohError(Exception):
    """The answer is no DNS message: `failure` is its word."""

    def __init__(self, failure: str) -> None:
        super().__init__(failure)
        self.failure = failure


async def ask(stream: Stream, alpn: str | None, authority: str, path: str, query: bytes) -> bytes:
    """POST `query`, give back the message; raises DohError, OSError or EOFError."""
    exchange = _http2 if alpn == "h2" else _http1
    status, body = await exchange(stream, authority, path, query)
    if status != 200:
        raise DohError("http_unexpected_status_code")
    return body


async def _http1(stream: Stream, authority: str, path: str, query: bytes) -> tuple[int, bytes]:
    headers = (("Accept", _MEDIA_TYPE), ("Content-Type", _MEDIA_TYPE))
    await stream.write(build_request("POST", path, authority, headers, query))
    reader = ResponseReader()
    body = b""
    while not reader.complete:
        data = await stream.read()
        if not data:
            reader.end()
            if not reader.complete:
                raise EOFError
        body += reader.feed(data)
        if reader.broken or len(body) > _LIMIT:
            raise DohError("http_request_failed")
    return (reader.head.status if reader.head else 0), body


async def _http2(stream: Stream, authority: str, path: str, query: bytes) -> tuple[int, bytes]:
    import h2.connection
    import h2.events
    import h2.exceptions

    connection = h2.connection.H2Connection()
    connection.initiate_connection()
    headers = [
        (":method", "POST"),
        (":scheme", "https"),
        (":authority", authority),
        (":path", path),
        ("accept", _MEDIA_TYPE),
        ("content-type", _MEDIA_TYPE),
        ("content-length", str(len(query))),
    ]
    connection.send_headers(1, headers)
    connection.send_data(1, query, end_stream=True)
    status, body = 0, b""
    try:
        while True:
            await stream.write(connection.data_to_send())
            data = await stream.read()
            if not data:
                raise EOFError
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived):
                    status = next(int(value) for name, value in event.headers if name == b":status")
                elif isinstance(event, h2.events.DataReceived):
                    body += event.data
                    connection.acknowledge_received_data(event.flow_controlled_length, 1)
                elif isinstance(event, h2.events.StreamEnded):
                    return status, body
                elif isinstance(event, h2.events.StreamReset | h2.events.ConnectionTerminated):
                    raise DohError("http_request_failed")
            if len(body) > _LIMIT:
                raise DohError("http_request_failed")
    except (h2.exceptions.H2Error, ValueError, StopIteration):
        raise DohError("http_request_failed") from None
