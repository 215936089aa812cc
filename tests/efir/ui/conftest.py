"""The page on a free port, a client that is let in, and work that takes no network."""

import asyncio
import socket
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from efir.exits import Exit
from efir.i18n import set_language
from efir.measuring import Measured
from efir.options import Shared
from efir.output import Output
from efir.ui import work
from efir.ui.connections import listen
from efir.ui.guard import Guard
from efir.ui.server import serve
from efir.ui.site import Site
from measurements.records import ThrottleLine
from measurements.rules.line import Line
from measurements.state import StateFolder
from measurements.store import Spool
from tests.collector.emulated import observation, verdict
from tests.records import summary
from vantage.consent import Consent, read_consent

HOSTILE = "<img src=x onerror=alert(1)>"
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


def consent_of(visitor: Visitor) -> Consent | None:
    return read_consent(StateFolder(visitor.site.shared.state))


def stored(state: Path, **fields: Any) -> None:
    """A round in which YouTube is blocked, and a session."""
    session = ThrottleLine(
        platform="vk", verdict="throttled", ratio=0.05, pairs=10, reason="tariff_not_excluded"
    )
    now = datetime.now(UTC)
    with Spool(StateFolder(state).spool) as spool:
        spool.add([observation(each) for each in range(3)])
        spool.add_verdicts([verdict(run_id="run-1", stage="tls", **fields)])
        spool.add_round(summary("run-1"), now)
        spool.add_throttle(session, "session-1", "run-2", now)


class Gate:
    """A measurement that goes on until the test lets it end, or it is stopped."""

    def __init__(self) -> None:
        self.opened: Future[None] = Future()  # threads may set it
        self.begun: Future[None] = Future()
        self.steps = [("controls", 7, 7), ("platforms", 3, 31)]

    async def round(self, shared: Any, targets: Any, platforms: Any, spool: Spool, step: Any) -> Measured:
        for each in self.steps:
            step(*each)
        self.begun.set_result(None)
        cancelled = False
        try:
            await asyncio.wrap_future(self.opened)
        except asyncio.CancelledError:
            cancelled = True
        told = summary("run-9", cancelled=cancelled)
        spool.add_round(told, datetime.now(UTC))
        line = Line(situation="online", controls_ok=1, controls_total=1)
        return Measured(line, [], told)

    async def run(self) -> Exit:
        """As a `Cycle` does: stopping is no error."""
        self.begun.set_result(None)
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return Exit.INTERRUPTED


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    made = Gate()
    monkeypatch.setattr(work, "measure_once", made.round)
    monkeypatch.setattr("efir.cycle.make_cycle", lambda *_, **__: made)
    return made


async def idle(visitor: Visitor) -> None:
    """Wait until what runs has ended."""
    future = visitor.site.work._future
    assert future is not None
    await asyncio.wrap_future(future)
