"""Pages for scrapes: made in a thread, kept, and never waited for longer than a scraper would like.

Rendering 100,000 series takes about a second of pure Python. So it happens in a thread of its own, outside the event
loop, and its bytes are kept. A scrape gets a page that is at most `FRESH` old where making one is quick (a spool); else
it gets the newest that is ready, while the next is made behind it. efir_collect_timestamp_seconds tells a page's age.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, Literal

from prometheus_client import exposition
from prometheus_client.openmetrics import exposition as openmetrics

from exporter.families import Families
from exporter.reading import Look, Reader

Which = Literal["public", "private"]
Format = Literal["text", "openmetrics"]

# Two scrapers one after the other see the same page.
FRESH: Final = 1.0  # seconds
# A scrape waits no longer than this for a newer page when an older one is ready.
PATIENCE: Final = 0.15
# A large page is remade this often without being asked for, so that a scrape finds a young one.
WARM: Final = 15.0

CONTENT_TYPES: Final[dict[Format, str]] = {
    "text": exposition.CONTENT_TYPE_PLAIN_0_0_4,
    "openmetrics": openmetrics.CONTENT_TYPE_LATEST,
}


def negotiated(accept: str) -> Format:
    """OpenMetrics for those who ask for it by name, else the text format 0.0.4 that everybody reads."""
    asked = {each.split(";")[0].strip().lower() for each in accept.split(",")}
    return "openmetrics" if "application/openmetrics-text" in asked else "text"


def render(families: Families, form: Format) -> bytes:
    """The page's bytes."""
    writer = openmetrics.generate_latest if form == "openmetrics" else exposition.generate_latest
    page: bytes = writer(families)
    return page


@dataclass
class _Made:
    """One look, with its pages as far as they were asked for."""

    at: float
    look: Look
    pages: dict[tuple[Which, Format], bytes] = field(default_factory=dict)


class Pages:
    """Keeps the newest pages of one reader."""

    def __init__(self, reader: Reader, monotonic: Callable[[], float]) -> None:
        self.reader = reader
        self.monotonic = monotonic
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="efir-pages")
        self._made: _Made | None = None
        self._task: asyncio.Task[None] | None = None
        self._wanted: set[tuple[Which, Format]] = set()
        self._took = 0.0

    @property
    def ready(self) -> bool:
        """True once there is a page, and the store behind the newest could be read."""
        return self._made is not None and not self._made.look.failed

    async def get(self, which: Which, form: Format) -> bytes:
        """The page, as fresh as it can be had in `PATIENCE`."""
        self._wanted.add((which, form))
        if self._made is None or self.monotonic() - self._made.at > FRESH:
            patience = PATIENCE if self._made and (which, form) in self._made.pages else None
            await asyncio.wait([self._making()], timeout=patience)
        made = self._made
        if made is None or (which, form) not in made.pages:
            await self._making()
            made = self._made
        assert made is not None
        return made.pages[which, form]

    async def keep_warm(self) -> None:
        """Remake pages that take long, until cancelled; at most a tenth of the time is spent on it."""
        while True:
            await asyncio.sleep(max(WARM, 10 * self._took))
            if self._took > PATIENCE:
                await self._making()

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)

    def _making(self) -> "asyncio.Task[None]":
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._make())
        return self._task

    async def _make(self) -> None:
        loop = asyncio.get_running_loop()
        self._made = await loop.run_in_executor(self._thread, self._look, frozenset(self._wanted))

    def _look(self, wanted: frozenset[tuple[Which, Format]]) -> _Made:
        started = self.monotonic()
        made = _Made(started, self.reader.look())
        for which, form in wanted:
            families = made.look.public if which == "public" else made.look.private
            made.pages[which, form] = render(families, form)
        self._took = self.monotonic() - started
        return made
