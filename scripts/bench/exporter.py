"""The exporter with 500 vantages, 7 platforms and 5 probes: series, scrape time, stall of the event loop, memory.

Scrapes come from another process while pages are remade. Ends 1 where a limit of DESIGN section 11 is broken.
"""

import asyncio
import resource
import subprocess
import sys
import time
from asyncio.subprocess import Process
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from aiohttp import web

from exporter.pages import FRESH, Pages
from exporter.reading import Reader
from exporter.server import make_app
from measurements.targets_file import load_targets
from tests.many_vantages import MemorySource, crowd

VANTAGES = 500
NETWORKS = 40
SCRAPES = 6
MOST_SERIES = 150_000
MOST_SECONDS = 0.3
MOST_STALL = 0.020  # seconds

# Runs in the other process, taking gzip as Prometheus does. For each line with a URL: seconds of one scrape, and how
# many samples it brought.
_SCRAPER = """
import gzip, sys, time, urllib.request
for url in sys.stdin:
    request = urllib.request.Request(url.strip(), headers={"Accept-Encoding": "gzip"})
    started = time.perf_counter()
    body = urllib.request.urlopen(request).read()
    seconds = time.perf_counter() - started
    body = gzip.decompress(body)
    print(seconds, sum(not line.startswith(b"#") for line in body.splitlines()), flush=True)
"""


async def longest_stall(stalls: list[float]) -> None:
    """Note how late each wake-up of a task is that sleeps for 2 ms."""
    while True:
        due = time.perf_counter() + 0.002
        await asyncio.sleep(0.002)
        stalls.append(time.perf_counter() - due)


async def scrape(scraper: Process, url: str) -> tuple[float, int]:
    assert scraper.stdin
    assert scraper.stdout
    scraper.stdin.write(f"{url}\n".encode())
    seconds, samples = (await scraper.stdout.readline()).split()
    return float(seconds), int(samples)


async def measure() -> tuple[float, float, int, float]:
    """Longest scrape, longest stall, series, seconds of making a page."""
    targets, now = load_targets(None), datetime.now(UTC)
    # Everybody at the start, then twenty vantages upload before each scrape.
    batches = [
        crowd(targets, VANTAGES, NETWORKS, now),
        *(crowd(targets, 20, NETWORKS, now) for _ in range(SCRAPES)),
    ]
    reader = Reader(
        MemorySource(batches, own=True),
        platforms={name: each.name for name, each in targets.platforms.items()},
        utc=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
    )
    pages = Pages(reader, time.monotonic)
    runner = web.AppRunner(make_app(pages, token=None, own=True), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/metrics"
    # Started now: a fork of a large process holds up the loop by itself.
    scraper = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _SCRAPER, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    await scrape(scraper, url)
    stalls: list[float] = []
    watching = asyncio.create_task(longest_stall(stalls))
    scrapes = []
    for _ in range(SCRAPES):
        await asyncio.sleep(2 * FRESH)  # so that each scrape sets off a new page
        scrapes.append(await scrape(scraper, url))
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    scraper.kill()
    await scraper.wait()
    await runner.cleanup()
    return max(seconds for seconds, _ in scrapes), max(stalls), scrapes[-1][1], pages.took


def main() -> int:
    seconds, stall, series, took = asyncio.run(measure())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"exporter: {VANTAGES} vantages, {NETWORKS} networks, {series} series (at most {MOST_SERIES})")
    print(
        f"exporter: slowest scrape {seconds:.3f} s (at most {MOST_SECONDS}), a page is made in {took:.2f} s"
    )
    print(
        f"exporter: longest stall of the event loop {1000 * stall:.1f} ms (at most {1000 * MOST_STALL:.0f})"
    )
    print(f"exporter: {memory} MiB at most, the bench's own records with them")
    return int(series > MOST_SERIES or seconds > MOST_SECONDS or stall > MOST_STALL)


if __name__ == "__main__":
    sys.exit(main())
