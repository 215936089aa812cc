"""`http`: does the endpoint answer a plain GET, and with what it should?

Own small client, so that the phases stay apart and nothing beyond a browser's plain headers is sent. An answer that
misses `expect` is still an answer: `failure` stays empty and `http.missed` says what is wrong; the rules say what it
means.
"""

from typing import Final

from measurements import expect
from measurements.records import Observation
from measurements.rules.facts import SLOW_HANDSHAKE
from measurements.targets import Expect
from probes.base import Context, Target
from probes.connect import Stream
from probes.draft import Draft, Failed
from probes.page import BODY_START, Page, facts
from probes.roots import HTTP1_ALPN
from probes.wire import html, urls
from probes.wire.http1 import ResponseReader, build_request

# What a common browser sends, without the parts that change with every release; `Accept-Encoding` only names what the
# standard library undoes.
_BROWSER: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) "
    "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
_BROWSER_HEADERS: Final = (
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"),
    ("Accept-Language", "en-US,en;q=0.9"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Connection", "keep-alive"),
)
# Enough for a title, and little on a metered line; more is read only while something expected has not been seen.
_ENOUGH: Final = 65536  # bytes of body on the wire
_MOST: Final = html.BODY_LIMIT  # bytes of body on the wire
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 5
_CLOSED: Final = frozenset({"eof_error", "connection_reset"})


async def probe(target: Target, context: Context) -> Observation:
    """GET the endpoint's URL at the target's address; redirects within its origin are followed on the connection."""
    pages = [Page(target.endpoint.url or "")]
    with Draft(target, context, "http") as draft:
        connection = await draft.connect()
        plain = target.endpoint.scheme == "http"
        stream = connection if plain else await draft.handshake(connection, HTTP1_ALPN)
        await fetch(draft, stream, pages[0])
        while len(pages) <= _MOST_REDIRECTS and await _follow(draft, stream, pages):
            pass
    page = pages[-1]
    found = facts(page, target.endpoint.expect, context, redirects=len(pages) - 1)
    return draft.observation(http=found if page.start else None)


async def _follow(draft: Draft, stream: Stream, pages: list[Page]) -> bool:
    """Fetch what the last page redirects to, onto the end of `pages`; False if it is the answer.

    A redirect after which the server closes is the answer too.
    """
    url = _redirect_on_connection(pages[-1], draft.target.endpoint.expect)
    if url is None:
        return False
    phases = dict(draft.phases)
    pages.append(Page(url))
    try:
        await fetch(draft, stream, pages[-1])
    except Failed:
        if pages[-1].start or draft.failure not in _CLOSED:
            raise
        pages.pop()
        draft.resume(phases)
        return False
    return True


async def fetch(draft: Draft, stream: Stream, page: Page) -> None:
    """Ask for `page.url` and read the answer into `page`; raises the draft's failure."""
    clock = draft.context.clock.monotonic
    reader = ResponseReader()
    start = clock()
    # A crawl shows in the handshake already, and is left to the throttling test.
    crawls = draft.phases.get("tls", 0.0) >= SLOW_HANDSHAKE
    seconds = draft.context.deadlines.http * (1.0 if crawls else draft.patience)
    async with draft.phase("first_byte", seconds):
        await stream.write(request(page.url, draft.context.user_agent))
        sent = clock()
        await _step(stream, reader, page)
        first_byte = clock() - sent
        while reader.head is None and not reader.broken:
            await _step(stream, reader, page)
    draft.phases["first_byte"] = first_byte
    if not (reader.complete or reader.broken):
        async with draft.phase("transfer", seconds - (clock() - start)):
            while not (reader.complete or reader.broken or enough(page, draft.target.endpoint.expect)):
                await _step(stream, reader, page)
    page.complete = reader.complete
    if reader.broken:
        raise draft.fail("transfer" if page.head else "first_byte", "http_request_failed")


async def _step(stream: Stream, reader: ResponseReader, page: Page) -> None:
    """Read once and pass it on; raises EOFError when the server closes before the answer is whole."""
    data = await stream.read()
    if not data:
        reader.end()
        if not reader.complete:
            raise EOFError
    if page.head is None and len(page.start) < BODY_START:
        page.start += data
    page.body += reader.feed(data)
    page.head = reader.head


def request(url: str, user_agent: str | None = None) -> bytes:
    """A browser's GET for `url`, or that of a program that gives its name."""
    _, host, path = urls.split(url)
    return build_request("GET", path, host, browser_headers(user_agent))


def browser_headers(user_agent: str | None) -> tuple[tuple[str, str], ...]:
    """Header fields of a request, in a browser's order; `user_agent` in place of the browser's own."""
    return (("User-Agent", user_agent or _BROWSER), *_BROWSER_HEADERS)


def enough(page: Page, wanted: Expect | None) -> bool:
    """True once no more of the body is worth its bytes."""
    if len(page.body) < _ENOUGH:
        return False
    return len(page.body) >= _MOST or wanted is None or page.missed(wanted) is None


def _redirect_on_connection(page: Page, wanted: Expect | None) -> str | None:
    """Where to go next on this connection: a redirect within the same origin that was not itself expected."""
    if page.head is None or page.head.status not in _REDIRECTS or not page.complete:
        return None
    if wanted is not None and expect.expects_status(wanted, page.head.status):
        return None
    if page.head.version == "1.0" or (page.head.get("connection") or "").lower() == "close":
        return None
    following = urls.join(page.url, page.head.get("location") or "")
    if following is None or following == page.url or not urls.same_origin(following, page.url):
        return None
    return following
