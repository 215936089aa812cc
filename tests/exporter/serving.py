"""An exporter on loopback whose maker lives in the same process, so that a test can hold its store and its clock."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, web

from exporter.asking import Ask, Job
from exporter.maker import Maker
from exporter.reading import Reader
from exporter.server import Handler, make_app


def asking(reader: Reader) -> Ask:
    """A maker over this reader, asked directly."""
    maker = Maker(reader)

    async def ask(job: Job, *arguments: Any) -> Any:
        return getattr(maker, job)(*arguments)

    return ask


@asynccontextmanager
async def listening(app: web.Application) -> AsyncIterator[int]:
    """The port of an application on the loopback address."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


@asynccontextmanager
async def served(
    reader: Reader,
    *,
    token: str | None = None,
    monotonic: Callable[[], float] = lambda: 0.0,
    probe: Handler | None = None,
) -> AsyncIterator[ClientSession]:
    """A client of the exporter over this reader."""
    app = make_app(asking(reader), monotonic, token=token, own=reader.own, probe=probe)
    async with listening(app) as port, ClientSession(f"http://127.0.0.1:{port}") as session:
        yield session
