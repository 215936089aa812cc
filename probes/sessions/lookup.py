"""Where a host is, and where its current object: the look-ups before a session's first pair."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Final
from urllib.parse import urlsplit

from measurements.records import Observation, Role
from measurements.targets import Discover, Endpoint, Resolver
from probes import dns
from probes.base import Context, Target
from probes.connect import has_route
from probes.draft import Draft
from probes.http import fetch
from probes.page import Page, facts
from probes.sessions.addresses import of_one_family
from probes.sessions.patience import patient
from probes.wire import urls

DISCOVER: Final = "discover"  # endpoint of the records of such pages
PAGES: Final = 2  # addresses that a page is asked of before it counts as missing


def within_reach(addresses: Sequence[str]) -> Sequence[str]:
    """Those that the system has a route to; all where it has none, so that the failure is seen."""
    return [each for each in addresses if has_route(each)] or addresses


@dataclass(frozen=True)
class Found:
    """A platform's current object (None: its page shows none), and the page's downloads that told."""

    url: str | None
    pages: tuple[Observation, ...] = ()


@dataclass
class Lookup:
    """Asks the system's resolver, and a trusted one where that has no address. `keep` gets every observation."""

    context: Context
    resolvers: Sequence[Resolver]
    keep: Callable[[Observation], None]
    _known: dict[tuple[str, bool], tuple[str, ...]] = field(default_factory=dict)

    async def addresses(
        self, host: str, platform: str, role: Role, *, trusted: bool = False
    ) -> tuple[str, ...]:
        """Addresses of one family, in a fixed order; () if nobody knows any. `trusted` skips the system's resolver."""
        if (host, trusted) not in self._known:
            self._known[host, trusted] = await self._ask(host, platform, role, trusted)
        return self._known[host, trusted]

    async def _ask(self, host: str, platform: str, role: Role, trusted: bool) -> tuple[str, ...]:
        endpoint = Endpoint(id="transfer", probes=("dns",), url=f"https://{host}/")
        own = [each for each in self.resolvers if each.doh is None] or [Resolver(id="system")]
        sure = [each for each in self.resolvers if each.doh is not None]
        for resolver in sure if trusted else [*own, *sure]:
            found: list[str] = []
            for question in ("A", "AAAA"):  # an IPv4 address that can be reached is enough
                row = await dns.probe(
                    Target(platform, role, endpoint, resolver=resolver, question=question), self.context
                )
                self.keep(row)
                answers = row.dns.answers if row.dns else ()
                found.extend(address for each in answers[:1] for address in each.addresses)
                if any(map(has_route, found)):
                    break
            if found:
                return of_one_family(within_reach(found))
        return ()

    async def discover(self, wanted: Discover, platform: str) -> Found:
        """The first match of `pattern` on `page`, at the addresses of the system's resolver, else of a trusted one."""
        host = urlsplit(wanted.page).hostname or ""
        pages: list[Observation] = []
        for trusted in (False, True):
            addresses = await self.addresses(host, platform, "target", trusted=trusted)
            known = {each.address for each in pages}
            for address in islice(cycle(each for each in addresses if each not in known), PAGES):
                # Only the first is waited for longer: a crawl begins within that time, silence goes on.
                context = self.context if pages else patient(self.context)
                page, row = await self._page(wanted.page, address, platform, context)
                pages.append(row)
                found = re.search(wanted.pattern, page.decoded.decode("utf-8", errors="replace"))
                if found:
                    return Found(urls.join(wanted.page, found[0].replace("\\/", "/")), tuple(pages))
                if row.failure is None:
                    return Found(None, tuple(pages))
        return Found(None, tuple(pages))

    async def _page(
        self, url: str, address: str, platform: str, context: Context
    ) -> tuple[Page, Observation]:
        endpoint = Endpoint(id=DISCOVER, probes=("http",), url=url)
        page = Page(url)
        with Draft(Target(platform, "target", endpoint, address=address), context, "http") as draft:
            stream = await draft.handshake(await draft.connect(), ("http/1.1",))
            await fetch(draft, stream, page)
        row = draft.observation(http=facts(page, None, context))
        self.keep(row)
        return page, row
