"""A QUIC connection on a UDP socket of ours (aioquic does the protocol): address and SNI apart, bytes counted.

aioquic would answer a bad certificate with a message of its own; we judge the chain when the handshake completes,
before aioquic's last flight leaves, and send nothing more if it is bad.
"""

import asyncio
import hashlib
import logging
import ssl
from collections.abc import Callable
from typing import Any, Final, cast

from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, ErrorCode, H3Connection
from aioquic.h3.events import DataReceived, H3Event, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import ConnectionTerminated, HandshakeCompleted, QuicEvent, StreamReset
from aioquic.quic.packet import QuicErrorCode
from cryptography.hazmat.primitives.serialization import Encoding

from measurements import failures
from probes.chain_check import NOBODY_VOUCHES, verify
from probes.roots import Roots

logging.getLogger("quic").addHandler(logging.NullHandler())  # its complaints are our observations

_POLITE: Final = (QuicErrorCode.NO_ERROR, ErrorCode.H3_NO_ERROR)
# The closing error's text, the only sign aioquic gives for this case.
_NO_COMMON_VERSION: Final = "Could not find a common protocol version"


class QuicFailed(Exception):
    """The connection is over: `failure` is its word; `verify_code` or `alert` say more where they are set."""

    def __init__(self, failure: str, verify_code: int | None = None, alert: int | None = None) -> None:
        super().__init__(failure)
        self.failure = failure
        self.verify_code = verify_code
        self.alert = alert


class _Sender(asyncio.DatagramTransport):
    """A connected transport that counts what it sends."""

    def __init__(self, transport: asyncio.DatagramTransport) -> None:
        super().__init__()
        self.bytes_sent = 0
        self._transport = transport

    def sendto(self, data: Any, addr: Any = None) -> None:
        self.bytes_sent += len(data)
        self._transport.sendto(data)

    def close(self) -> None:
        self._transport.close()


class QuicClient(QuicConnectionProtocol):
    """One HTTP/3 connection; `open` makes it."""

    def __init__(
        self,
        quic: QuicConnection,
        judge: Callable[[tuple[bytes, ...]], int | None],
        clock: Callable[[], float],
    ) -> None:
        super().__init__(quic)
        self.tap: Callable[[bytes], None] | None = None  # sees each piece of the body as it came
        self.bytes_received = 0
        self.handshake_bytes = 0  # received until the handshake was done
        self.trusted = False
        self._first_at: float | None = None  # when our first packet left
        self._last_at: float | None = None  # when the handshake's last packet came
        self.ready: asyncio.Future[None] = self._loop.create_future()  # the handshake is done and trusted
        self._judgement = judge
        self._clock = clock
        self._silent = False
        self._http: H3Connection | None = None
        self._h3_events: asyncio.Queue[H3Event | QuicFailed] = asyncio.Queue()

    # What asyncio and aioquic call.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._sender = _Sender(cast(asyncio.DatagramTransport, transport))
        super().connection_made(self._sender)
        self._first_at = self._clock()

    def transmit(self) -> None:
        if not self._silent:
            super().transmit()

    def datagram_received(self, data: bytes | str, addr: Any) -> None:
        self.bytes_received += len(data)
        if not self.ready.done():
            self.handshake_bytes += len(data)
            self._last_at = self._clock()
        if not self._silent:
            super().datagram_received(data, addr)

    def error_received(self, error: Exception) -> None:
        self._fail(QuicFailed(failures.of_exception(error)))

    def quic_event_received(self, event: QuicEvent) -> None:
        if isinstance(event, HandshakeCompleted):
            self._judge()
        elif isinstance(event, ConnectionTerminated):
            self._fail(_ended(event))
        elif isinstance(event, StreamReset):
            self._fail(QuicFailed("http_request_failed"))
        if self._http is not None:
            for h3_event in self._http.handle_event(event):
                if self.tap is not None and isinstance(h3_event, DataReceived):
                    self.tap(h3_event.data)
                self._h3_events.put_nowait(h3_event)

    # What the probe calls.

    @property
    def bytes_sent(self) -> int:
        return self._sender.bytes_sent

    @property
    def last_progress(self) -> float | None:
        """Seconds from our first packet to the last one that the handshake got."""
        if self._first_at is None or self._last_at is None:
            return None
        return self._last_at - self._first_at

    @property
    def chain(self) -> tuple[bytes, ...]:
        """Certificates the server sent, DER, leaf first; aioquic keeps them, also unverified."""
        tls = self._quic.tls
        if tls._peer_certificate is None:
            return ()
        certificates = (tls._peer_certificate, *tls._peer_certificate_chain)
        return tuple(certificate.public_bytes(Encoding.DER) for certificate in certificates)

    def get(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Send a request with these headers; its answer is read with `next_event`."""
        assert self._http is not None
        stream = self._quic.get_next_available_stream_id()
        self._http.send_headers(stream, headers, end_stream=True)
        self.transmit()

    async def next_event(self) -> HeadersReceived | DataReceived:
        """The next part of the answer; raises QuicFailed."""
        while True:
            event = await self._h3_events.get()
            if isinstance(event, QuicFailed):
                raise event
            if isinstance(event, HeadersReceived | DataReceived):
                return event

    def shut(self) -> None:
        """Say goodbye (unless the other side is not whom we came for) and close the socket."""
        if self.trusted:
            self.close()
        self._silent = True
        self._sender.close()

    def _judge(self) -> None:
        code = self._judgement(self.chain)
        if code is None:
            self._http = H3Connection(self._quic)
            self.trusted = True
            self.ready.set_result(None)
        else:
            self._silent = True
            self._fail(QuicFailed(failures.of_certificate(code), verify_code=code))

    def _fail(self, failed: QuicFailed) -> None:
        self._h3_events.put_nowait(failed)
        if not self.ready.done():
            self.ready.set_exception(failed)


async def open_quic(
    address: str, port: int, name: str, roots: Roots, clock: Callable[[], float], pin: str | None
) -> QuicClient:
    """Send the first packet to `address` with `name` as SNI; raises OSError. The deadline is the caller's.

    With `pin` (SHA-256 of the leaf's DER form, lower-case hex) the server is judged by that alone.
    """
    configuration = QuicConfiguration(
        is_client=True, alpn_protocols=H3_ALPN, server_name=name, verify_mode=ssl.CERT_NONE
    )

    def judge(chain: tuple[bytes, ...]) -> int | None:
        return verify(roots, chain, name) if pin is None else _unlike(pin, chain)

    quic = QuicConnection(configuration=configuration)
    transport, client = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: QuicClient(quic, judge, clock), remote_addr=(address, port)
    )
    client.connect(transport.get_extra_info("peername"))  # as datagrams will be seen to come from it
    return client


def _unlike(pin: str, chain: tuple[bytes, ...]) -> int | None:
    return None if chain and hashlib.sha256(chain[0]).hexdigest() == pin else NOBODY_VOUCHES


def _ended(event: ConnectionTerminated) -> QuicFailed:
    """What a closed connection says about itself."""
    if event.frame_type is None:  # HTTP/3's own codes (RFC 9114, section 8.1), numbered as TLS's alerts are
        return QuicFailed("eof_error" if event.error_code in _POLITE else "http_request_failed")
    alert = event.error_code - QuicErrorCode.CRYPTO_ERROR
    if 0 <= alert <= 0xFF:  # RFC 9001, section 4.8
        return QuicFailed("ssl_failed_handshake", alert=alert)
    if event.reason_phrase == _NO_COMMON_VERSION:
        return QuicFailed("quic_incompatible_version")
    if event.reason_phrase == "Idle timeout":
        return QuicFailed("generic_timeout_error")
    if event.error_code == QuicErrorCode.CONNECTION_REFUSED:
        return QuicFailed("connection_refused")
    if event.error_code == QuicErrorCode.NO_ERROR:
        return QuicFailed("eof_error")
    return QuicFailed(f"{failures.UNKNOWN}: QUIC error {event.error_code:#x}")
