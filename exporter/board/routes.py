"""The HTTP side of the live page: paths, languages, headers, and answers kept for those who come at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import Final, TypeVar

import msgspec
from aiohttp import web

from exporter.board.history import Cell
from exporter.board.page import render_page
from exporter.board.series import Series, days_of
from exporter.board.state import Board
from exporter.board.words import chosen, load_words
from exporter.reading import Reader

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.Response]]

# Rounds are an hour apart; a crowd that reloads the page must not make us read the store each time.
FRESH: Final = 15.0  # seconds
_HERE: Final = files("exporter.board")


class Keeper:
    """Makes boards in a thread of its own and keeps the newest for `FRESH` seconds, or ten times what it took."""

    def __init__(self, reader: Reader, monotonic: Callable[[], float]) -> None:
        self._reader = reader
        self._monotonic = monotonic
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="efir-board")
        self._lock = asyncio.Lock()
        self._kept: tuple[float, Board] | None = None
        self._keep = FRESH

    async def board(self) -> Board:
        """The newest board; those who ask meanwhile wait for the same one."""
        async with self._lock:
            if self._kept is None or self._monotonic() - self._kept[0] > self._keep:
                at = self._monotonic()
                self._kept = (at, await self._run(self._reader.board))
                # At most a tenth of the time is spent on boards, however large the store.
                self._keep = max(FRESH, 10 * (self._monotonic() - at))
            return self._kept[1]

    async def series(self, cell: Cell, resolution: str) -> Series:
        """Hours or days of one platform in one network; all unknown where nothing may be shown."""
        hours, k = await self._run(lambda: self._reader.series(cell))
        by_hour = resolution == "hour"
        return Series(
            asn=cell.asn,
            country=cell.country,
            platform=cell.platform,
            k=k,
            resolution=resolution,
            hours=hours if by_hour else [],
            days=[] if by_hour else days_of(hours),
        )

    async def _run(self, make: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, make)

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)


def board_routes(keeper: Keeper) -> list[web.RouteDef]:
    """The page, its style sheet, and the API."""

    async def page(request: web.Request) -> web.Response:
        words = load_words(chosen(request.query.get("lang"), request.headers.get("Accept-Language", "")))
        text = render_page(await keeper.board(), words)
        headers = {"Vary": "Accept-Language", "Content-Language": words.language, **_headers()}
        response = web.Response(text=text, content_type="text/html", headers=headers)
        response.enable_compression()
        return response

    async def state(_request: web.Request) -> web.Response:
        return _json(await keeper.board())

    async def history(request: web.Request) -> web.Response:
        query = request.query
        problem = _problem(query)
        if problem:
            return web.json_response({"error": problem}, status=400)
        cell = Cell(query["asn"], query["country"], query["platform"])
        return _json(await keeper.series(cell, query.get("resolution", "hour")))

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


def _json(answer: msgspec.Struct) -> web.Response:
    response = web.Response(
        body=msgspec.json.encode(answer), content_type="application/json", headers=_headers()
    )
    response.enable_compression()
    return response


def _headers() -> dict[str, str]:
    return {"Cache-Control": f"max-age={FRESH:.0f}"}


def _file(name: str, kind: str) -> Handler:
    body = (_HERE / name).read_bytes()

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=_headers())

    return handler
