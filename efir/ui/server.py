"""The HTTP side of the page: who may ask, which page, which action, and the end."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from importlib.resources import files
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

from efir.i18n import LANGUAGES, _, set_language
from efir.ui import actions, views
from efir.ui.connections import accept
from efir.ui.download import file_name, json_lines
from efir.ui.guard import HEADERS
from efir.ui.pages.data import ended_page, trouble_page
from efir.ui.pages.home import progress
from efir.ui.site import MENDABLE, Site

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
# An invite is about 1 kB; nothing larger is ever sent to us.
_LARGEST_FORM: Final = 128 * 1024  # bytes
# A browser on the same device asks for a style sheet within milliseconds.
_LINGER: Final = 1.0  # seconds
# Answers in flight are given; a browser that keeps its connection open is not waited for.
_LAST_ANSWERS: Final = 2.0  # seconds
_STATIC: Final = {"ui.css": "text/css", "live.js": "text/javascript", "icon.svg": "image/svg+xml"}


async def serve(site: Site, listening: socket.socket) -> None:
    """Answer until the person quits, wipes, or the program is stopped; what runs then is stopped too."""
    runner = web.AppRunner(make_app(site), shutdown_timeout=_LAST_ANSWERS)
    await runner.setup()
    assert runner.server
    accepting = await accept(listening, runner.server)
    try:
        await site.ending.wait()
    finally:
        await site.work.stop()
        accepting.close()
        await runner.cleanup()
        site.work.close()


def make_app(site: Site) -> web.Application:
    """The application; nothing but its first page answers without the token."""
    app = web.Application(middlewares=[_guarding(site)], client_max_size=_LARGEST_FORM)
    app.on_response_prepare.append(_add_headers)
    app.add_routes(
        [
            web.get("/start/{ticket}", _start(site)),
            web.get("/{token}/", _with_consent(site, views.home)),
            web.get("/{token}/live", _live(site)),
            web.get("/{token}/consent", _consent(site)),
            web.get("/{token}/results", _with_consent(site, views.results)),
            web.get("/{token}/settings", _with_consent(site, views.settings)),
            web.get("/{token}/sending", _with_consent(site, views.sending)),
            web.get("/{token}/data", _page(site, views.data)),
            web.get("/{token}/download", _download(site)),
            web.get("/{token}/static/{name}", _static),
            web.post("/{token}/wipe", _wipe(site)),
            web.post("/{token}/quit", _quit(site)),
            web.post("/{token}/{action}", _act(site)),
        ]
    )
    return app


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


def _guarding(site: Site) -> Middleware:
    @web.middleware
    async def guarding(request: web.Request, handler: Handler) -> web.StreamResponse:
        refusal = site.guard.refusal(request.method, request.headers)
        if refusal:
            raise web.HTTPForbidden(text=refusal)
        token = request.match_info.get("token")
        if token is not None and not site.guard.knows(token):
            raise web.HTTPNotFound(text="Open the address that Efir shows.")
        try:
            return await handler(request)
        except MENDABLE as error:
            return _html(trouble_page(str(error), site.measuring), status=500)

    return guarding


# Pages --------------------------------------------------------------------------------------------------------------


def _page(site: Site, make: Callable[[Site], str]) -> Handler:
    """A page, made in a thread: reading the store takes time."""

    async def handler(_request: web.Request) -> web.Response:
        return _html(await asyncio.to_thread(make, site))

    return handler


def _with_consent(site: Site, make: Callable[[Site], str]) -> Handler:
    shown = _page(site, make)

    async def handler(request: web.Request) -> web.StreamResponse:
        if site.consent() is None:
            raise web.HTTPSeeOther("consent")
        return await shown(request)

    return handler


def _consent(site: Site) -> Handler:
    shown = _page(site, views.consent)

    async def handler(request: web.Request) -> web.StreamResponse:
        if site.consent() is not None:
            raise web.HTTPSeeOther("./")
        return await shown(request)

    return handler


def _live(site: Site) -> Handler:
    """The part of the first page that changes; 204 once nothing runs, and the script asks for the whole page."""

    async def handler(_request: web.Request) -> web.Response:
        doing = site.work.doing
        if doing is None:
            return web.Response(status=204)
        response = _html(progress(doing, site.folder.paused.exists()))
        response.headers["Efir-News"] = str(doing.news)
        return response

    return handler


def _download(site: Site) -> Handler:
    def lines() -> bytes:
        with site.stored() as spool:
            return b"".join(json_lines(spool)) if spool else b""

    async def handler(_request: web.Request) -> web.Response:
        name = file_name(datetime.now(UTC))
        return web.Response(
            body=await asyncio.to_thread(lines),
            content_type="application/jsonl",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    return handler


async def _static(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if name not in _STATIC:
        raise web.HTTPNotFound
    body = (files("efir.ui") / "static" / name).read_bytes()
    return web.Response(body=body, content_type=_STATIC[name], charset="utf-8")


def _html(page: str, status: int = 200) -> web.Response:
    return web.Response(text=page, content_type="text/html", status=status)


# Actions ------------------------------------------------------------------------------------------------------------


def _start(site: Site) -> Handler:
    """Where the browser is sent first: the ticket is changed for the address with the token."""

    async def handler(request: web.Request) -> web.StreamResponse:
        if not site.guard.admits(request.match_info["ticket"]):
            raise web.HTTPNotFound(text="This address was used already. Open the one that Efir shows.")
        if site.follow_browser:
            set_language(preferred(request.headers.get("Accept-Language", "")))
        raise web.HTTPSeeOther(site.guard.address)

    return handler


def preferred(accept: str) -> str:
    """The first of our languages that an Accept-Language header names, English where it names none."""
    named = [each.partition(";")[0].partition("-")[0].strip().lower() for each in accept.split(",")]
    return next((each for each in named if each in LANGUAGES), "en")


def _act(site: Site) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        action = actions.ACTIONS.get(request.match_info["action"])
        if action is None:
            raise web.HTTPNotFound
        if action.consent and site.consent() is None:
            raise web.HTTPSeeOther("consent")
        try:
            page = await action.run(site, await _form(request))
        except MENDABLE as error:
            site.tell(str(error), failed=True)
            page = action.page
        raise web.HTTPSeeOther(page)

    return handler


async def _form(request: web.Request) -> actions.Form:
    """The fields of a form. A body that is none is the sender's mistake, whatever part of reading it failed."""
    try:
        return await request.post()
    except (ValueError, LookupError, web.RequestPayloadError):
        raise web.HTTPBadRequest(text="This is no form of the page.") from None


def _wipe(site: Site) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        try:
            sentences = await actions.wipe(site, await _form(request))
        except MENDABLE as error:
            site.tell(str(error), failed=True)
            raise web.HTTPSeeOther("data") from None
        last = ended_page(_("Everything is removed"), [*sentences, _gone()])
        return _end(site, last)

    return handler


def _quit(site: Site) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        await site.work.stop()
        return _end(site, ended_page(_("Efir has ended"), [_gone()]))

    return handler


def _gone() -> str:
    return _("Efir has ended; nothing is measured. Close this page.")


def _end(site: Site, page: str) -> web.Response:
    """The last answer. The program stays until the browser has fetched what the page looks like."""
    asyncio.get_running_loop().call_later(_LINGER, site.ending.set)
    return _html(page)
