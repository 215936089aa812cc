"""The HTTP side of the live page: paths, languages, headers, and answers kept for those who come at the same time."""

from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from typing import Final

from aiohttp import web

from exporter.asking import Ask, BoardWanted
from exporter.board.history import Cell
from exporter.board.words import chosen
from exporter.kept import Kept
from exporter.sending import send, takes_gzip

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# Rounds are an hour apart; a crowd that reloads the page must not make us read the store each time.
FRESH: Final = 15.0  # seconds
_HERE: Final = files("exporter.board")


def board_routes(ask: Ask, monotonic: Callable[[], float]) -> list[web.RouteDef]:
    """The page, its style sheet, and the API."""
    boards: Kept[BoardWanted] = Kept(ask, "board", monotonic, fresh=FRESH)

    async def page(request: web.Request) -> web.StreamResponse:
        language = chosen(request.query.get("lang"), request.headers.get("Accept-Language", ""))
        zipped = takes_gzip(request)
        body = await boards.get(BoardWanted(language, zipped))
        return await send(
            request,
            body,
            zipped,
            _headers("text/html", "Accept-Language, ", **{"Content-Language": language}),
        )

    async def state(request: web.Request) -> web.StreamResponse:
        zipped = takes_gzip(request)
        body = await boards.get(BoardWanted("state", zipped))
        return await send(request, body, zipped, _headers("application/json"))

    async def history(request: web.Request) -> web.StreamResponse:
        query = request.query
        problem = _problem(query)
        if problem:
            return web.json_response({"error": problem}, status=400)
        cell, zipped = Cell(query["asn"], query["country"], query["platform"]), takes_gzip(request)
        body = await ask("series", cell, query.get("resolution", "hour"), zipped)
        return await send(request, body, zipped, _headers("application/json"))

    return [
        web.get("/", page),
        web.get("/live.css", _file("static/live.css", "text/css")),
        web.get("/icon.svg", _file("static/icon.svg", "image/svg+xml")),
        web.get("/api/v1/state", state),
        web.get("/api/v1/history", history),
        web.get("/api/v1/openapi.json", _file("openapi.json", "application/json")),
    ]


def _problem(query: Mapping[str, str]) -> str | None:
    missing = [name for name in ("asn", "country", "platform") if not query.get(name)]
    if missing:
        return f"missing: {', '.join(missing)}"
    if query.get("resolution", "hour") not in ("hour", "day"):
        return "resolution is hour or day"
    return None


def _headers(kind: str, varies: str = "", **more: str) -> dict[str, str]:
    return {
        "Content-Type": f"{kind}; charset=utf-8",
        "Cache-Control": f"max-age={FRESH:.0f}",
        "Vary": f"{varies}Accept-Encoding",
        **more,
    }


def _file(name: str, kind: str) -> Handler:
    body = (_HERE / name).read_bytes()

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=body, headers=_headers(kind))

    return handler
