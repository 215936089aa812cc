"""An exporter on loopback, and a client that knows where."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientSession, web

from exporter.pages import Pages
from exporter.reading import Reader
from exporter.server import make_app


@asynccontextmanager
async def served(made: Reader) -> AsyncIterator[ClientSession]:
    app = make_app(Pages(made, lambda: 0.0), token=None, own=made.own)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:
            yield session
    finally:
        await runner.cleanup()
