"""`/probe?platform=…`: one round on demand, in the manner of blackbox_exporter, on a volunteer's own exporter.

It costs data and stands outside the blind cadence, so it takes one asker at a time and rests in between. It answers
within the scraper's patience, with what it has by then: no data at all would look like an outage.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Final

import msgspec
from aiohttp import web

from exporter.collect import Seen, per_vantage
from exporter.families import Families
from exporter.live import Counts, Live
from exporter.metrics import PHASE_BUCKETS
from exporter.pages import CONTENT_TYPES, render
from exporter.source import Arrivals, StoreState
from measurements.errors import ConfigurationError

# Measures one platform and the controls; gives what it has when it is cancelled. Raises ConfigurationError without
# consent.
Run = Callable[[str], Awaitable[Arrivals]]

# As blackbox_exporter: the answer must be on its way before the scraper gives up.
_OFFSET: Final = 0.5  # seconds
# Without a scraper's word. A round of one platform takes some ten seconds, with retries thirty.
_TIMEOUT: Final = 60.0
# A scrape job that somebody forgot must not use up the day's data at once.
REST: Final = 60.0
_HEADER: Final = "X-Prometheus-Scrape-Timeout-Seconds"


class ProbeOnDemand:
    """Answers `/probe`."""

    def __init__(
        self,
        run: Run,
        platforms: Collection[str],
        *,
        utc: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._run = run
        self._platforms = platforms
        self._utc = utc
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._rested_at = float("-inf")

    async def handle(self, request: web.Request) -> web.Response:
        """400 for an unknown platform, 403 without consent, 429 while another runs or too soon after it."""
        platform = request.query.get("platform", "")
        if platform not in self._platforms:
            raise web.HTTPBadRequest(text=f"Say which platform: {', '.join(self._platforms)}\n")
        wait = self._rested_at - self._monotonic()
        if self._lock.locked() or wait > 0:
            raise web.HTTPTooManyRequests(
                headers={"Retry-After": str(int(max(wait, 1)) + 1)}, text="One at a time, a minute apart.\n"
            )
        async with self._lock:
            started = self._monotonic()
            found = await self._found(platform, _patience(request))
            self._rested_at = self._monotonic() + REST
            body = self._page(found, self._monotonic() - started)
        if request.query.get("debug") in ("1", "true"):
            return web.Response(text=f"{_told(found)}\n{body.decode()}")
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPES["text"]})

    async def _found(self, platform: str, patience: float) -> Arrivals:
        try:
            return await asyncio.wait_for(self._run(platform), patience)
        except TimeoutError:
            return Arrivals()
        except ConfigurationError as error:
            raise web.HTTPForbidden(text=f"{error}\n") from None

    def _page(self, found: Arrivals, seconds: float) -> bytes:
        live, out, now = Live(self._platforms, PHASE_BUCKETS), Families(), self._utc()
        live.take(found, now)
        per_vantage(Seen(live.standing(now, {}), Counts(), StoreState(), ()), out)
        complete = bool(found.rounds) and not any(each.summary.cancelled for each in found.rounds)
        out.add("efir_probe_run_duration_seconds", (), seconds)
        out.add("efir_probe_run_complete", (), complete)
        return render(out, "text")


def _patience(request: web.Request) -> float:
    try:
        given = float(request.headers.get(_HEADER, ""))
    except ValueError:
        return _TIMEOUT
    return min(max(given - _OFFSET, _OFFSET), _TIMEOUT) if given == given else _TIMEOUT


def _told(found: Arrivals) -> str:
    """Verdicts and observations, one JSON object a line."""
    return "\n".join(msgspec.json.encode(each).decode() for each in (*found.verdicts, *found.observations))
