"""What the lab's sites answer: pure, a request in, an answer out.

Each site answers the URLs of the targets file as that file expects; `/bytes/N` gives N incompressible bytes on every
host, uploads are swallowed on every path.
"""

from typing import Final
from urllib.parse import urlsplit

import msgspec

from lab.world.changes import SiteChange, WorldChanges, site_change
from lab.world.objects import incompressible
from lab.world.plan import BLOCKPAGE_NAME, PORTAL_NAME
from lab.world.samples import discovered
from measurements.targets import Expect, Targets, Transfer

Headers = tuple[tuple[str, str], ...]

_MAX_BYTES: Final = 64 << 20  # of one object; more is a mistake in the scenario
# Large enough for a throughput flow at its largest cap (512 kB, DESIGN section 7) and a long pair (4 MB).
_OBJECT_BYTES: Final = 4 << 20
_HTML: Final = (("content-type", "text/html; charset=utf-8"),)
_BINARY: Final = (("content-type", "application/octet-stream"), ("accept-ranges", "none"))


class Request(msgspec.Struct, frozen=True):
    """What pages depend on."""

    host: str  # from the Host header or :authority, without the port
    path: str  # with the query
    method: str = "GET"
    secure: bool = True


class Answer(msgspec.Struct, frozen=True):
    """One HTTP answer; `rate` None is "as fast as the path lets it"."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    delay: float = 0.0  # seconds before the first byte
    rate: float | None = None  # body bytes per second


class Page(msgspec.Struct, frozen=True):
    """What one URL gives while nothing is changed."""

    host: str
    path: str  # with the query
    secure: bool
    answer: Answer


def html(title: str, text: str, size: int = 0) -> bytes:
    """A page of at least `size` bytes."""
    page = f"<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1>{text}"
    missing = max(0, size - len(page.encode()) - len("<!-- --></body></html>"))
    return f"{page}<!--{' ' * (missing + 1)}--></body></html>".encode()


class Pages:
    """The answers of all sites of one lab."""

    def __init__(self, targets: Targets, world: WorldChanges) -> None:
        self._world = world
        self._pages: dict[tuple[str, str, bool], Answer] = {}
        self._hosts: set[str] = set()
        for platform in targets.platforms.values():
            for endpoint in platform.endpoints:
                if endpoint.url:
                    self._add(endpoint.url, platform.name, endpoint.expect)
            for transfer in platform.transfers:
                self._add_transfer(transfer, platform.name)
        for control in targets.controls:
            self._add(control.url, control.name, control.expect)
            if control.transfer:
                self._add_transfer(control.transfer, control.name)

    def usual(self) -> list[Page]:
        """Every page, for servers that are not ours."""
        return [Page(*key, answer) for key, answer in self._pages.items()]

    def answer(self, request: Request) -> Answer:
        """The answer to `request` in this scenario's world."""
        if self._world.captive_portal:
            return _login(request)
        change = site_change(self._world, request.host, request.secure)
        answer = _changed(request, change) if change else None
        answer = answer or self._usual(request)
        if change is None:
            return answer
        return msgspec.structs.replace(answer, delay=change.delay, rate=change.rate)

    def _usual(self, request: Request) -> Answer:
        if request.method in ("POST", "PUT"):
            return Answer(200, (("content-type", "text/plain"),), b"ok\n")
        path = urlsplit(request.path).path
        if path.startswith("/bytes/") and path[7:].isdigit() and int(path[7:]) <= _MAX_BYTES:
            return Answer(200, _BINARY, incompressible("/bytes", int(path[7:])))
        if request.host == BLOCKPAGE_NAME:
            return Answer(200, _HTML, html("Blocked", "Access to this site is restricted."))
        known = self._pages.get((request.host, request.path or "/", request.secure))
        if known is not None:
            return known
        if path == "/" and request.host in self._hosts:
            return Answer(200, _HTML, html(request.host, "Welcome."))
        return Answer(404, _HTML, html("Not found", "No such page."))

    def _add(self, url: str, title: str, expect: Expect | None) -> None:
        parts = urlsplit(url)
        host, path = parts.hostname or "", _path(url)
        self._hosts.add(host)
        self._pages[host, path, parts.scheme == "https"] = _expected(host, title, expect)

    def _add_transfer(self, transfer: Transfer, title: str) -> None:
        found = transfer.url
        if transfer.discover:
            text, found = discovered(transfer.discover)
            page = urlsplit(transfer.discover.page)
            body = html(title, text)
            self._hosts.add(page.hostname or "")
            self._pages[page.hostname or "", _path(transfer.discover.page), True] = Answer(200, _HTML, body)
        if found:
            parts = urlsplit(found)
            size = max(transfer.min_bytes or 0, _OBJECT_BYTES)
            answer = Answer(200, _BINARY, incompressible(_path(found), size))
            # A CDN of several brands gives the same object under each of its names.
            for host in filter(None, (parts.hostname, transfer.neutral_sni)):
                self._hosts.add(host)
                self._pages[host, _path(found), parts.scheme == "https"] = answer


def _path(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _expected(host: str, title: str, expect: Expect | None) -> Answer:
    """The answer that meets `expect`."""
    expect = expect or Expect()
    status = expect.status if expect.status is not None else 200
    if isinstance(status, tuple):
        status = status[0]
    if 300 <= status < 400:
        return Answer(status, (("location", f"https://{host}/"),))
    if status in (204, 304):
        return Answer(status)
    body = html(expect.title_contains or title, expect.body_contains or "Welcome.", expect.min_bytes or 0)
    return Answer(status, _HTML, body)


def _changed(request: Request, change: SiteChange) -> Answer | None:
    """The page that stands in for the usual one; None: the usual one."""
    texts = {
        "captcha": (403, "Are you human?", '<form id="captcha-form">Tick the box to go on.</form>'),
        "geo": (451, "Not available", "This content is not available in your country."),
        "error": (change.status or 503, "Service unavailable", "Try again later."),
        "login": (200, "Log in", "Please log in to continue."),
        "other": (200, "Parked", "This domain is for sale."),
    }
    if change.page == "redirect":
        return Answer(302, (("location", f"https://consent.{request.host}/"),))
    if change.page == "expected":
        return None
    status, title, text = texts[change.page]
    retry = (("retry-after", "120"),) if status in (429, 503) else ()
    return Answer(status, _HTML + retry, html(title, text))


def _login(request: Request) -> Answer:
    if request.host == PORTAL_NAME:
        return Answer(200, _HTML, html("Welcome to the hotel", "Enter your room number."))
    return Answer(302, (("location", f"http://{PORTAL_NAME}/login"),))
