"""HTTP/3 for probes: a QUIC connection that tells its draft how it went, and HTTP's heads in HTTP/3's form.

aioquic takes 100 ms to import; only a probe that speaks QUIC pays, when it runs.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from measurements.failures import Stage
from measurements.records import TlsFacts
from probes.draft import Draft
from probes.wire import urls
from probes.wire.certificates import describe
from probes.wire.http1 import Head

if TYPE_CHECKING:
    from probes.quic_client import QuicClient, QuicFailed


@asynccontextmanager
async def connected(draft: Draft, pin: str | None = None) -> AsyncIterator["QuicClient"]:
    """A connection to the draft's target, its handshake done and the server judged by the roots or by `pin`.

    What the handshake showed, the bytes, and a connection that fails under way are noted in the draft.
    """
    from probes.quic_client import QuicFailed, open_quic

    context, target = draft.context, draft.target
    address, port = draft.fields["address"], draft.fields["port"]
    draft.fields["sni"] = target.sni or target.endpoint.host
    name = draft.fields["sni"] or address
    client, failed = None, None
    try:
        async with draft.phase("tls", context.deadlines.quic):
            client = await open_quic(address, port, name, context.roots, context.clock.monotonic, pin)
            await client.ready
        draft.fields["alpn"] = "h3"
        yield client
    except QuicFailed as error:
        failed = error
        raise draft.fail(_stage(draft), error.failure) from None
    finally:
        if client is not None:
            draft.fields["tls"] = _tls_facts(client, failed, context.scrub)
            draft.count(client.bytes_sent, client.bytes_received)
            client.shut()


def _stage(draft: Draft) -> Stage:
    """The first step that was not completed."""
    steps: tuple[Stage, ...] = ("tls", "first_byte")
    return next((step for step in steps if step not in draft.phases), "transfer")


def request_headers(url: str, given: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """A GET for `url` with the headers `given` in HTTP/1.1's form."""
    scheme, authority, path = urls.split(url)
    plain = [(name.lower(), value) for name, value in given if name != "Connection"]  # RFC 9114, section 4.2
    pseudo = [(":method", "GET"), (":scheme", scheme), (":authority", authority), (":path", path)]
    return [(name.encode(), value.encode()) for name, value in [*pseudo, *plain]]


def head_of(headers: list[tuple[bytes, bytes]]) -> Head | None:
    """An answer's head; None where it has no status."""
    text = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    status = dict(text).get(":status", "")
    if not (len(status) == 3 and status.isascii() and status.isdigit()):
        return None
    return Head("3", int(status), tuple(pair for pair in text if not pair[0].startswith(":")))


def _tls_facts(client: "QuicClient", failed: "QuicFailed | None", scrub: Callable[[str], str]) -> TlsFacts:
    described = describe(client.chain, None if client.trusted else scrub)
    code = failed.verify_code if failed else None
    return TlsFacts(
        version="TLSv1.3" if client.trusted else None,
        chain_sha256=described.sha256,
        chain_der=described.der if code is not None else (),
        subject=described.subject,
        issuer=described.issuer,
        issuer_key_ids=described.issuer_key_ids,
        names=described.names,
        verified=True if client.trusted else (False if code is not None else None),
        verify_code=code,
        alert=failed.alert if failed else None,
        received=client.handshake_bytes,
        last_progress=client.last_progress,
    )
