"""An HTTP answer as far as it was read, whatever it came over, and what of it is stored."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from measurements import expect
from measurements.records import HttpFacts
from measurements.scrub import nameless
from measurements.targets import Expect
from probes.base import Context
from probes.wire import html, urls
from probes.wire.http1 import Head

BODY_START: Final = 2000  # characters kept of an answer that missed what was expected
# characters kept of a header field or a redirect's target; a hostile one has kilobytes
_LONGEST_VALUE: Final = 200
# Not `via`, `x-cache`, `cf-ray` and the like: they name the proxy or the cache next to the person who measures.
_KEPT_HEADERS: Final = frozenset(
    {
        "alt-svc",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "retry-after",
        "server",
    }
)


@dataclass
class Page:
    """An answer as far as it was read."""

    url: str
    head: Head | None = None
    body: bytearray = field(default_factory=bytearray)  # as on the wire, chunking undone
    start: bytearray = field(default_factory=bytearray)  # its first bytes: evidence if it is no HTTP
    complete: bool = False

    @property
    def decoded(self) -> bytes:
        encoding = self.head.get("content-encoding") if self.head else None
        return html.decode_body(bytes(self.body), encoding)

    def missed(self, wanted: Expect) -> str | None:
        """The first expectation missed, in words; None if all are met or nothing came."""
        if self.head is None:
            return None
        body = self.decoded
        text = body.decode("utf-8", errors="replace")
        return expect.missed(wanted, self.head.status, text, html.title(text), len(body))


def facts(page: Page, wanted: Expect | None, context: Context, redirects: int = 0) -> HttpFacts:
    """What is stored of an answer: scrubbed, and no more of it than evidence needs."""

    def scrub(text: str) -> str:
        return nameless(context.scrub(text))

    if page.head is None:
        start = bytes(page.start[:BODY_START]).decode("utf-8", errors="replace")
        return HttpFacts(body_start=scrub(start) or None)
    body = page.decoded
    text = body.decode("utf-8", errors="replace")
    missed = page.missed(wanted) if wanted else None
    return HttpFacts(
        version=page.head.version,
        status=page.head.status,
        length=len(body),
        truncated=not page.complete,
        title=scrub(html.title(text) or "") or None,
        location=_location(page.head, page.url, scrub),
        headers=tuple(
            (name, context.scrub(value[:_LONGEST_VALUE]))
            for name, value in page.head.headers
            if name in _KEPT_HEADERS
        ),
        body_start=scrub(text[:BODY_START]) if missed else None,
        expected=None if wanted is None else missed is None,
        missed=missed,
        redirects=redirects,
    )


def _location(head: Head, url: str, scrub: Callable[[str], str]) -> str | None:
    """Target of a redirect without its query, which block pages fill with the client's address."""
    given = head.get("location")
    joined = urls.join(url, given) if given else None
    return scrub(joined.partition("?")[0].partition("#")[0][:_LONGEST_VALUE]) if joined else None
