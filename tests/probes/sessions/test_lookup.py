"""Finding a platform's current object on its page."""

import pytest

from measurements.records import Role
from measurements.targets import Discover
from probes.base import Context
from probes.sessions import lookup
from probes.sessions.lookup import Lookup, within_reach
from tests.certificates import Leaf
from tests.servers import Behaviour, answer, rst_after_hello, tcp_server

PAGE = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\n<script src='/s/player.js'>  ")


class Told(Lookup):
    """Both kinds of resolver give one address each: the system's, and the trusted ones'."""

    system = trusted = "127.0.0.1"

    async def addresses(
        self, host: str, platform: str, role: Role, *, trusted: bool = False
    ) -> tuple[str, ...]:
        return (self.trusted if trusted else self.system,)


async def discovered(
    behaviour: Behaviour, context: Context, leaf: Leaf, pattern: str, system: str = "127.0.0.1"
) -> tuple[str | None, list[str | None]]:
    """The path found, and how each download of the page went."""
    async with tcp_server(behaviour, tls=leaf.context()) as server:
        lookup = Told(context, (), keep=lambda row: None)
        lookup.system = system
        url = f"https://good.test:{server.port}"
        found = await lookup.discover(Discover(page=f"{url}/", pattern=pattern), "youtube")
    return found.url and found.url.removeprefix(url), [row.failure for row in found.pages]


@pytest.mark.parametrize(
    ("pattern", "system", "path", "pages"),
    [
        pytest.param(r"/s/[a-z]+\.js", "127.0.0.1", "/s/player.js", [None], id="the first match"),
        pytest.param(r"/t/[a-z]+\.js", "127.0.0.1", None, [None], id="a page without one"),
        pytest.param(
            r"/s/[a-z]+\.js",
            "127.0.0.99",
            "/s/player.js",
            ["connection_refused", "connection_refused", None],
            id="a false address, then the trusted one",
        ),
    ],
)
async def test_an_object_is_found_on_the_first_page_that_comes(
    context: Context, leaf: Leaf, pattern: str, system: str, path: str | None, pages: list[str | None]
) -> None:
    assert await discovered(PAGE, context, leaf, pattern, system) == (path, pages)


async def test_a_page_that_is_cut_off_is_tried_twice(context: Context, leaf: Leaf) -> None:
    found, pages = await discovered(rst_after_hello, context, leaf, r"/s/[a-z]+\.js")
    assert (found, pages) == (None, ["connection_reset"] * 2)


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        pytest.param(".:", ["192.0.2.1", "2001:db8::1"], id="both families"),
        pytest.param(":", ["2001:db8::1"], id="IPv6 alone"),
        pytest.param("", ["192.0.2.1", "2001:db8::1"], id="none, so that the failure is seen"),
    ],
)
def test_addresses_without_a_route_are_left_out(
    routes: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "has_route", lambda address: any(mark in address for mark in routes))
    assert within_reach(["192.0.2.1", "2001:db8::1"]) == expected
