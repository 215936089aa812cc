"""The HTTP side of the exporter: routes and headers, nothing else."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from html import escape
from typing import Final

from aiohttp import web

from exporter.access import allowed
from exporter.asking import Ask, MakerDied, MakerFailed
from exporter.board.routes import board_routes
from exporter.kept import Kept
from exporter.pages import CONTENT_TYPES, Wanted, Which, negotiated
from exporter.sending import send, takes_gzip

# No script at all, styles and signs from ourselves only, nothing from elsewhere, in nobody's frame.
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

PAGES: Final = web.AppKey("pages", Kept[Wanted])
ASK: Final = web.AppKey("ask", Ask)
# Two scrapers one after the other see the same page.
FRESH: Final = 1.0  # seconds
# A scrape waits no longer than this for a newer page when an older one is ready.
PATIENCE: Final = 0.15  # seconds
# A large page is remade this often without being asked for, so that a scrape finds a young one.
WARM: Final = 15.0  # seconds
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LINKS: Final = (
    ("/", "the live page"),
    ("/api/v1/state", "what it shows, as JSON; described in /api/v1/openapi.json"),
    ("/metrics", "metrics for Prometheus"),
    ("/metrics/vantages", "metrics of single vantages; needs the token"),
    ("/-/healthy", "200 while the process runs"),
    ("/-/ready", "200 while the store can be read"),
)

_PROBE_LINK: Final = ("/probe", "a round on demand: ?platform=NAME, debug=1")


def make_app(
    ask: Ask,
    monotonic: Callable[[], float],
    *,
    token: str | None,
    own: bool,
    probe: Handler | None = None,
) -> web.Application:
    """The application. Without a token /metrics/vantages answers 404, unless the store is one's `own`.

    `probe` answers /probe, which needs the token where there is one.
    """
    app = web.Application(middlewares=[_without_maker])
    app[ASK] = ask
    app[PAGES] = Kept(ask, "metrics", monotonic, fresh=FRESH, patience=PATIENCE)
    app.cleanup_ctx.append(_running)
    links = [*_LINKS, _PROBE_LINK] if probe else list(_LINKS)
    app.router.add_get("/-/", _landing(links))
    app.add_routes(board_routes(ask, monotonic))
    app.router.add_get("/metrics", _metrics("public"))
    app.router.add_get("/metrics/vantages", _guarded(_metrics("private"), token, own))
    app.router.add_get("/-/healthy", _healthy)
    app.router.add_get("/-/ready", _ready)
    if probe:
        app.router.add_get("/probe", _guarded(probe, token, own))
    app.on_response_prepare.append(_add_headers)
    return app


async def _running(app: web.Application) -> AsyncIterator[None]:
    """The first page is made before the first request is answered."""
    pages = app[PAGES]
    await pages.get(Wanted("public", "text", gzip=True))
    gc.freeze()  # what is loaded by now stays: searching it for garbage would only hold up the loop
    busy = [asyncio.create_task(pages.keep_warm(WARM)), asyncio.create_task(_reading(app[ASK]))]
    yield
    for task in busy:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _reading(ask: Ask) -> None:
    """The past piece by piece, so that whoever asks meanwhile waits for one piece; then what is new."""
    while True:
        try:
            more = await ask("read_on")
        except (MakerDied, MakerFailed):
            more = False  # told already, or told to whoever asks for a page
        if not more:
            await asyncio.sleep(WARM)


@web.middleware
async def _without_maker(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except MakerDied as problem:
        raise web.HTTPServiceUnavailable(text=f"{problem}\n") from None


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


def _metrics(which: Which) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        form = negotiated(request.headers.get("Accept", ""))
        zipped = takes_gzip(request)
        body = await request.app[PAGES].get(Wanted(which, form, zipped))
        headers = {"Content-Type": CONTENT_TYPES[form], "Vary": "Accept, Accept-Encoding"}
        return await send(request, body, zipped, headers)

    return handler


def _guarded(handler: Handler, token: str | None, own: bool) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        if token is None and not own:
            raise web.HTTPNotFound(text="Start efir serve with --token-file to see single vantages.\n")
        if token is not None and not allowed(request.headers.get("Authorization", ""), token):
            raise web.HTTPUnauthorized(
                headers={"WWW-Authenticate": 'Bearer realm="efir"'}, text="Token, please.\n"
            )
        return await handler(request)

    return guarded


async def _healthy(_request: web.Request) -> web.Response:
    return web.Response(text="healthy\n")


async def _ready(request: web.Request) -> web.Response:
    ready = request.app[PAGES].readable
    return web.Response(
        text="ready\n" if ready else "the store cannot be read\n", status=200 if ready else 503
    )


def _landing(links: list[tuple[str, str]]) -> Handler:
    rows = "".join(
        f'<li><a href="{escape(path)}">{escape(path)}</a> {escape(text)}</li>' for path, text in links
    )
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Efir exporter</title>'
        f"<h1>Efir exporter</h1><ul>{rows}</ul></html>"
    )

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(text=page, content_type="text/html")

    return handler
