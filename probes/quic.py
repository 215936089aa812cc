"""`quic`: does a QUIC handshake for this name at this address succeed, and does HTTP/3 answer on it?

A series of its own beside TCP: a censor may stop one and let the other pass. `phases.tls` is the QUIC handshake, which
sets up transport and encryption at once; there is no connect phase.
"""

from typing import TYPE_CHECKING

from measurements.records import Observation
from probes import http3
from probes.base import Context, Target
from probes.draft import Draft
from probes.http import browser_headers, enough
from probes.page import Page, facts

if TYPE_CHECKING:
    from probes.quic_client import QuicClient


async def probe(target: Target, context: Context) -> Observation:
    """Shake hands over QUIC, GET the endpoint's URL over HTTP/3."""
    page = Page(target.endpoint.url or "")
    with Draft(target, context, "quic") as draft:
        async with http3.connected(draft) as client:
            await _get(draft, client, page)
    return draft.observation(http=facts(page, target.endpoint.expect, context) if page.head else None)


async def _get(draft: Draft, client: "QuicClient", page: Page) -> None:
    """One request and its answer into `page`."""
    from aioquic.h3.events import HeadersReceived

    deadline = draft.context.deadlines.http
    async with draft.phase("first_byte", deadline):
        client.get(http3.request_headers(page.url, browser_headers(draft.context.user_agent)))
        event = await client.next_event()
    if not isinstance(event, HeadersReceived):
        raise draft.fail("first_byte", "http_request_failed")
    page.head = http3.head_of(event.headers)
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
