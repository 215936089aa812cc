"""TLS over a connection of ours, by `ssl.MemoryBIO`: every byte of the handshake passes through our hands.

So the address and the SNI are chosen apart, our ClientHello can be read back, and how a handshake ends is seen as it
was: a FIN, a reset, an alert, an answer that is no TLS, or silence, with the bytes and the time it had come to.

The chain is judged inside the handshake, by the roots given. When it fails nothing more is sent, not even the alert
that OpenSSL has ready: after an interception the other side is not the one we came for.
"""

import asyncio
import hashlib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from measurements import failures
from measurements.records import TlsFacts
from measurements.scrub import nameless
from probes import chain_check
from probes.connect import READ_SIZE, Connection
from probes.roots import Roots
from probes.wire import client_hello, tls_records
from probes.wire.certificates import describe

# Bytes off the wire at a time: a quarter less processor time at 5 Gbit/s than with 64 kB (measured).
_WIRE_READ = 262_144
_KEPT = 2048  # bytes from the server kept to tell alerts and plain answers; a block page's title lies within
_NOT_TLS_TEXT = 500  # characters of a plain answer that are stored
_INNER = "_sslobj"  # CPython's object behind SSLObject
_DER = 2  # _ssl.ENCODING_DER


class TlsStream:
    """An established TLS connection; a `Stream`. Byte counts are those of the TCP connection."""

    def __init__(
        self,
        connection: Connection,
        tls: ssl.SSLObject,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
    ) -> None:
        self._connection = connection
        self._tls = tls
        self._incoming = incoming
        self._outgoing = outgoing
        self.alpn = tls.selected_alpn_protocol()
        self._flushing = asyncio.Lock()  # a reader may have to send as well, and records must leave whole

    @property
    def bytes_sent(self) -> int:
        return self._connection.bytes_sent

    @property
    def bytes_received(self) -> int:
        return self._connection.bytes_received

    async def read(self, limit: int = READ_SIZE) -> bytes:
        """1 to `limit` bytes, or b"" at the peer's end, with close_notify or without; raises OSError."""
        while True:
            try:
                return self._tls.read(limit)
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            except ssl.SSLWantReadError:
                await self._flush()  # a key update wants its answer
                data = await self._connection.read(_WIRE_READ)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()

    async def write(self, data: bytes) -> None:
        self._tls.write(data)  # takes all: a memory BIO has no limit
        await self._flush()

    async def _flush(self) -> None:
        async with self._flushing:
            if self._outgoing.pending:
                await self._connection.write(self._outgoing.read())

    def tcp_info(self) -> dict[str, float]:
        return self._connection.tcp_info()

    def close(self) -> None:
        self._connection.close()


@dataclass
class Handshake:
    """How a handshake went: `stream` when it succeeded, `failure` when not, `facts` always."""

    facts: TlsFacts
    failure: str | None = None  # word of measurements.failures
    stream: TlsStream | None = None


@dataclass
class _Progress:
    """What came in while the handshake ran."""

    hello: bytes = b""
    first_bytes: bytearray = field(default_factory=bytearray)
    received: int = 0
    hello_at: float = 0.0
    last_at: float | None = None


async def handshake(
    connection: Connection,
    server_name: str,
    *,
    roots: Roots,
    seconds: float,
    clock: Callable[[], float],
    alpn: tuple[str, ...],
    pin: str | None = None,
    patience: float = 1.0,
    scrub: Callable[[str], str] = lambda text: text,
) -> Handshake:
    """Shake hands with `server_name` as SNI and as the name to be vouched for; never raises but for a cancellation.

    `seconds` is the deadline; `patience` times as long waits one whose ClientHello has arrived, so that a crawl is told
    from silence. `clock` gives monotonic seconds. `pin` is the SHA-256 (lower-case hex) of the leaf's
    DER form: with it the roots and the name are not looked at. A numeric `server_name` sends no SNI.
    """
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = roots.wrap(incoming, outgoing, server_name, alpn, pinned=pin is not None)
    progress = _Progress()
    error: OSError | EOFError | None = None
    try:
        async with asyncio.timeout(seconds * patience) as limit:
            with _ending_unheard(seconds, limit, connection, progress):
                await _drive(tls, connection, incoming, outgoing, progress, clock, pin)
    except (OSError, EOFError) as caught:  # ssl's errors and TimeoutError are OSErrors
        error = caught
    chain = _peer_chain(tls)
    code = _verify_code(error, chain, roots, server_name)
    facts = _facts(tls, progress, chain, error, code, scrub)
    if error is None:
        return Handshake(facts, stream=TlsStream(connection, tls, incoming, outgoing))
    failure = failures.of_exception(error) if code is None else failures.of_certificate(code)
    return Handshake(facts, failure=failure)


@contextmanager
def _ending_unheard(
    seconds: float, limit: asyncio.Timeout, connection: Connection, progress: _Progress
) -> Iterator[None]:
    """End what runs within after `seconds` unless the other side has our hello by then."""
    loop = asyncio.get_running_loop()

    def look() -> None:
        heard = progress.received or connection.acknowledged() >= len(progress.hello)
        if not (heard or limit.expired()):
            limit.reschedule(loop.time())

    timer = loop.call_later(seconds, look)
    try:
        yield
    finally:
        timer.cancel()


class _PinMismatch(ssl.SSLCertVerificationError):
    verify_code = chain_check.NOBODY_VOUCHES


async def _drive(
    tls: ssl.SSLObject,
    connection: Connection,
    incoming: ssl.MemoryBIO,
    outgoing: ssl.MemoryBIO,
    progress: _Progress,
    clock: Callable[[], float],
    pin: str | None,
) -> None:
    """Run the handshake to its end; raises what ended it early."""
    while True:
        done = _step(tls, pin)
        if outgoing.pending:
            data = outgoing.read()
            if not progress.hello:
                progress.hello, progress.hello_at = data, clock()
            await connection.write(data)
        if done:
            return
        data = await connection.read(READ_SIZE)
        if not data:
            raise EOFError
        progress.received += len(data)
        progress.last_at = clock()
        if len(progress.first_bytes) < _KEPT:
            progress.first_bytes += data[:_KEPT]
        incoming.write(data)


def _step(tls: ssl.SSLObject, pin: str | None) -> bool:
    """True once the handshake is done; the pin is checked before our last message leaves."""
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return False
    if pin is not None and hashlib.sha256(tls.getpeercert(binary_form=True) or b"").hexdigest() != pin:
        raise _PinMismatch
    return True


def _verify_code(
    error: Exception | None, chain: tuple[bytes, ...], roots: Roots, server_name: str
) -> int | None:
    """X509_V_ERR_* of a refused chain; a key too short to be looked at is no reason yet to trust its signer."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return None
    if error.verify_code == chain_check.EE_KEY_TOO_SMALL and chain:
        return chain_check.verify(roots, chain, server_name) or error.verify_code
    return error.verify_code


def _facts(
    tls: ssl.SSLObject,
    progress: _Progress,
    chain: tuple[bytes, ...],
    error: Exception | None,
    code: int | None,
    scrub: Callable[[str], str],
) -> TlsFacts:
    described = describe(chain, None if error is None else scrub)
    hello = client_hello.parse(progress.hello)
    first = bytes(progress.first_bytes)
    cipher = tls.cipher() if error is None else None
    return TlsFacts(
        version=tls.version() if error is None else None,
        cipher=cipher[0] if cipher else None,
        chain_sha256=described.sha256,
        chain_der=() if code is None else described.der,
        subject=described.subject,
        issuer=described.issuer,
        issuer_key_ids=described.issuer_key_ids,
        names=described.names,
        verified=True if error is None else (None if code is None else False),
        verify_code=code,
        alert=_alert(first, error),
        not_tls=None if tls_records.looks_like_tls(first) else _text(first, scrub),
        hello_bytes=len(progress.hello) or None,
        ja4=client_hello.ja4(hello) if hello else None,
        library=" ".join(ssl.OPENSSL_VERSION.split()[:2]),
        received=progress.received,
        last_progress=None if progress.last_at is None else progress.last_at - progress.hello_at,
    )


def _alert(first: bytes, error: Exception | None) -> int | None:
    if not isinstance(error, ssl.SSLError) or isinstance(error, ssl.SSLCertVerificationError):
        return None
    plain = tls_records.plain_alert(first)
    return plain if plain is not None else tls_records.alert_of_reason(error.reason)


def _text(data: bytes, scrub: Callable[[str], str]) -> str:
    return nameless(scrub(data.decode("utf-8", errors="replace")))[:_NOT_TLS_TEXT]


def _peer_chain(tls: ssl.SSLObject) -> tuple[bytes, ...]:
    """The chain as sent, DER, leaf first; also after it was refused.

    Python gives it publicly only from 3.13 on; 3.10 to 3.12 have the same method on the inner object. Without it the
    chain is empty and the verdict stands on the verification code alone.
    """
    get = getattr(getattr(tls, _INNER, None), "get_unverified_chain", None)
    if get is None:
        return ()
    return tuple(certificate.public_bytes(_DER) for certificate in get() or ())
