"""Pages for scrapes: made in a thread, kept, and never waited for longer than a scraper would like.

Rendering 100,000 series takes about a second of pure Python. So it happens in a thread of its own, outside the event
loop, and its bytes are kept. A scrape gets a page that is at most `FRESH` old where making one is quick (a spool); else
it gets the newest that is ready, while the next is made behind it. efir_collect_timestamp_seconds tells a page's age.
"""

import asyncio
import gc
import gzip
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from prometheus_client import exposition
from prometheus_client.core import Metric as Family
from prometheus_client.openmetrics import exposition as openmetrics

from exporter.families import Families
from exporter.reading import Reader

Which = Literal["public", "private"]
Format = Literal["text", "openmetrics"]


class Wanted(NamedTuple):
    """Which page, in which form. Prometheus always takes gzip, and it is made in the thread too."""

    which: Which
    form: Format
    gzip: bool


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


class _One:
    """One family in the shape of a registry."""

    def __init__(self, family: Family) -> None:
        self._family = family

    def collect(self) -> Iterator[Family]:
        yield self._family


_END: Final = b"# EOF\n"


def render(families: Families, form: Format) -> bytes:
    """The page's bytes. Family by family, since joining all lines at once would hold up the event loop."""
    if form == "text":
        return b"".join(exposition.generate_latest(_One(family)) for family in families)
    parts = (
        openmetrics.generate_latest(_One(family))  # type: ignore[no-untyped-call]  # it has no types
        for family in families
    )
    return b"".join((*(part.removesuffix(_END) for part in parts), _END))


def _body(families: Families, wanted: Wanted) -> bytes:
    body = render(families, wanted.form)
    # Level 1: a tenth of the size already; the rest would cost more time than it saves.
    return gzip.compress(body, 1, mtime=0) if wanted.gzip else body


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Samples come and go by the hundred thousand and hold no cycles: searching them stops every thread for 0.1 s."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@dataclass(frozen=True)
class _Made:
    """Pages of one look, in the formats that were asked for."""

    at: float
    failed: bool
    pages: dict[Wanted, bytes]


class Pages:
    """Keeps the newest pages of one reader."""

    def __init__(self, reader: Reader, monotonic: Callable[[], float]) -> None:
        self.reader = reader
        self.monotonic = monotonic
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="efir-pages")
        self._made: _Made | None = None
        self._task: asyncio.Task[None] | None = None
        self._wanted: set[Wanted] = set()
        self.took = 0.0  # seconds that the newest pages took to make

    @property
    def ready(self) -> bool:
        """True once there is a page, and the store behind the newest could be read."""
        return self._made is not None and not self._made.failed

    async def get(self, wanted: Wanted) -> bytes:
        """The page, as fresh as it can be had in `PATIENCE`."""
        self._wanted.add(wanted)
        if self._made is None or self.monotonic() - self._made.at > FRESH:
            there = self._made is not None and wanted in self._made.pages
            await asyncio.wait([self._making()], timeout=PATIENCE if there else None)
        while self._made is None or wanted not in self._made.pages:  # one under way may not know of it yet
            await self._making()
        return self._made.pages[wanted]

    async def keep_warm(self) -> None:
        """Remake pages that take long, until cancelled; at most a tenth of the time is spent on it."""
        while True:
            await asyncio.sleep(max(WARM, 10 * self.took))
            if self.took > PATIENCE:
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

    def _look(self, wanted: frozenset[Wanted]) -> _Made:
        started = self.monotonic()
        with _no_garbage_collection():
            look = self.reader.look()
            both: dict[Which, Families] = {"public": look.public, "private": look.private}
            pages = {each: _body(both[each.which], each) for each in wanted}
            for families in both.values():
                families.free()
        self.took = self.monotonic() - started
        return _Made(started, look.failed, pages)
