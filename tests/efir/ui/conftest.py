"""The page on a free port, a client that is let in, and work that takes no network."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from efir.i18n import set_language
from efir.options import Shared
from efir.output import Output
from efir.ui.connections import listen
from efir.ui.guard import Guard
from efir.ui.server import serve
from efir.ui.site import Site
from measurements.state import StateFolder
from vantage.consent import read_consent

AGREED = {"control0": "yes", "control1": "no", "agrees": "yes"}
LINE = {"metered": "no", "plan": "plain", "tethered": "unknown", "access": "mobile", "vpn": "no"}


@dataclass
class Visitor:
    """A browser that holds the token. `status` and `text` are of its last answer, redirects followed."""

    site: Site
    client: aiohttp.ClientSession
    status: int = 0
    text: str = ""
    headers: Any = None

    async def get(self, path: str) -> str:
        """Look at a page."""
        return await self._take(self.client.get(self.site.guard.address + path))

    async def post(self, path: str, **fields: Any) -> str:
        """Send a form."""
        headers = {"Origin": self.site.guard.origin}
        return await self._take(
            self.client.post(self.site.guard.address + path, data=fields, headers=headers)
        )

    async def _take(self, asking: Any) -> str:
        async with asking as answer:
            self.status, self.headers, self.text = answer.status, answer.headers, await answer.text()
        return self.text

    async def agree(self, **more: str) -> None:
        """Give the consent."""
        await self.post("agree", **AGREED, **more)
        assert read_consent(StateFolder(self.site.shared.state)) is not None


@pytest.fixture(autouse=True)
def _english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """No test leaves its language behind, or looks for a service in the tester's home."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    set_language("en")
    yield
    set_language("en")


@asynccontextmanager
async def visiting(state: Path, *, follow_browser: bool = False, **more: Any) -> AsyncIterator[Visitor]:
    """The page, served until the block ends."""
    listening: socket.socket = listen()
    shared = Shared(None, state, None, Output(quiet=True, language="en"))
    site = Site(shared, Guard(listening.getsockname()[1]), more.get("memory"), follow_browser=follow_browser)
    serving = asyncio.create_task(serve(site, listening))
    try:
        async with aiohttp.ClientSession() as client:
            yield Visitor(site, client)
    finally:
        site.ending.set()
        with suppress(asyncio.CancelledError):
            await serving
