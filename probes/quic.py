"""`quic`: does a QUIC handshake for this name at this address succeed, and does HTTP/3 answer on it?

A series of its own beside TCP: a censor may stop one and let the other pass. `phases.tls` is the QUIC handshake, which
sets up transport and encryption at once; there is no connect phase.
"""

from typing import TYPE_CHECKING

from measurements.failures import Stage
from measurements.records import Observation, TlsFacts
from probes.base import Context, Target
from probes.draft import Draft
from probes.http import browser_headers, enough
from probes.page import Page, facts
from probes.wire import urls
from probes.wire.certificates import describe
from probes.wire.http1 import Head

if TYPE_CHECKING:  # aioquic takes 100 ms to import; only a quic probe pays
    from probes.quic_client import QuicClient, QuicFailed


async def probe(target: Target, context: Context) -> Observation:
    """Shake hands over QUIC, GET the endpoint's URL over HTTP/3."""
    from probes.quic_client import QuicFailed, open_quic

    page = Page(target.endpoint.url or "")
    client, failed = None, None
    with Draft(target, context, "quic") as draft:
        address, port = draft.fields["address"], draft.fields["port"]
        draft.fields["sni"] = target.sni or target.endpoint.host
        try:
            async with draft.phase("tls", context.deadlines.quic):
                name = draft.fields["sni"] or address
                client = await open_quic(address, port, name, context.roots, context.clock.monotonic)
                await client.ready
            draft.fields["alpn"] = "h3"
            await _get(draft, client, page)
        except QuicFailed as error:
            failed = error
            raise draft.fail(_stage(draft, page), error.failure) from None
        finally:
            if client is not None:
                draft.fields["tls"] = _tls_facts(client, failed)
                draft.count(client.bytes_sent, client.bytes_received)
                client.shut()
    return draft.observation(http=facts(page, target.endpoint.expect, context) if page.head else None)


def _stage(draft: Draft, page: Page) -> Stage:
    if "tls" not in draft.phases:
        return "tls"
    return "transfer" if page.head else "first_byte"


async def _get(draft: Draft, client: "QuicClient", page: Page) -> None:
    """One request and its answer into `page`."""
    from aioquic.h3.events import HeadersReceived

    deadline = draft.context.deadlines.http
    async with draft.phase("first_byte", deadline):
        client.get(_headers(page.url, draft.context.user_agent))
        event = await client.next_event()
    if not isinstance(event, HeadersReceived):
        raise draft.fail("first_byte", "http_request_failed")
    page.head = _head(event.headers)
    page.complete = event.stream_ended
    if page.head is None:
        raise draft.fail("first_byte", "http_request_failed")
    async with draft.phase("transfer", deadline):
        while not (page.complete or enough(page, draft.target.endpoint.expect)):
            event = await client.next_event()
            page.body += getattr(event, "data", b"")  # trailers have none
            page.complete = event.stream_ended
    if not page.body:
        del draft.phases["transfer"]


def _headers(url: str, user_agent: str | None) -> list[tuple[bytes, bytes]]:
    """A browser's GET for `url`, in HTTP/3's form."""
    scheme, authority, path = urls.split(url)
    given = browser_headers(user_agent)
    plain = [(name.lower(), value) for name, value in given if name != "Connection"]  # RFC 9114, section 4.2
    pseudo = [(":method", "GET"), (":scheme", scheme), (":authority", authority), (":path", path)]
    return [(name.encode(), value.encode()) for name, value in [*pseudo, *plain]]


def _head(headers: list[tuple[bytes, bytes]]) -> Head | None:
    text = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    status = dict(text).get(":status", "")
    if not (len(status) == 3 and status.isascii() and status.isdigit()):
        return None
    return Head("3", int(status), tuple(pair for pair in text if not pair[0].startswith(":")))


def _tls_facts(client: "QuicClient", failed: "QuicFailed | None") -> TlsFacts:
    chain = client.chain
    described = describe(chain)
    code = failed.verify_code if failed else None
    return TlsFacts(
        version="TLSv1.3" if client.trusted else None,
        chain_sha256=described.sha256,
        chain_der=chain if code is not None else (),
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
