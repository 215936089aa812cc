"""The web service: POST /v1/batches, GET /metrics, GET /-/healthy. Nothing it writes anywhere holds an address."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

import msgspec
from aiohttp import web

from collector.ingest import Opened, TooOften, charge, open_batch, read_batch
from collector.invites import withdrawing
from collector.keys import Keys
from collector.limits import Limits
from collector.metrics import Metrics
from collector.networks import Lookup, unknown
from collector.rates import Buckets, network_key
from collector.reading import Room, Unread
from collector.store import Batch, Store, storing
from measurements.batch import ANSWER_MAC, Answer, ItemAnswer
from measurements.microseconds import microseconds
from measurements.records import SCHEMA
from measurements.sealing import BatchError, mac
from measurements.store_errors import StoreError

PATH: Final = "/v1/batches"
# Reason -> status, where it is not 400. A revoked or unknown token must not be tried again.
_STATUS: Final[dict[str, int]] = {"unknown_token": 403, "too_large": 413, "too_many_items": 413}


@dataclass
class Service:
    """All that requests share."""

    store: Store
    keys: Keys
    secret: bytes  # keys the hashes of networks; random, never stored
    lookup: Lookup = unknown
    limits: Limits = field(default_factory=Limits)
    proxy: IPv4Network | IPv6Network | None = None  # the hop whose X-Forwarded-For is believed
    utc: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self.metrics = Metrics()
        self._room = Room(self.limits)
        self._networks = Buckets(self.limits.network_burst, self.limits.network_every)
        self._vantages = Buckets(self.limits.vantage_burst, self.limits.vantage_every)
        # One thread: a second would only share the interpreter's lock with the first.
        self._worker = ThreadPoolExecutor(1, "efir-ingest")

    def application(self) -> web.Application:
        """The routes; give `access_log=None` to the runner."""
        app = web.Application(client_max_size=self.limits.sealed)
        app.router.add_post(PATH, self._batches)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/-/healthy", _healthy)
        app.on_cleanup.append(self._cleanup)
        return app

    async def _cleanup(self, _app: web.Application) -> None:
        await asyncio.to_thread(self._worker.shutdown)

    async def _metrics(self, _request: web.Request) -> web.Response:
        self.metrics.waiting.set(self._room.waiting)
        self.metrics.buffered.set(self._room.used)
        text = await asyncio.to_thread(self.metrics.text)
        return web.Response(body=text, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    async def _batches(self, request: web.Request) -> web.Response:
        address = client_address(request, self.proxy)
        network = network_key(address, self.secret)
        wait = self._networks.take(network, self.monotonic())
        if wait:
            return self._refusal(429, "too_often", wait)
        with self._room.holder(network) as holder:
            try:
                sealed = await holder.read(request.content, self.limits)
                self.metrics.received.inc(len(sealed))
                with self.metrics.seconds.time():
                    return await self._take_turn(sealed, address)
            except Unread as error:
                return self._refusal(error.status, error.reason, self.limits.busy_seconds)

    async def _take_turn(self, sealed: bytes, address: str) -> web.Response:
        if self._room.waiting >= self.limits.waiting:
            return self._refusal(503, "busy", self.limits.busy_seconds)
        self._room.waiting += 1
        try:
            opened, answer = await self._store(sealed, address)
        except BatchError as error:
            return self._refusal(_STATUS.get(error.reason, 400), error.reason)
        except TooOften as error:
            return self._refusal(429, "too_often", error.wait)
        except StoreError:
            return self._refusal(503, "store", self.limits.busy_seconds)
        finally:
            self._room.waiting -= 1
        body = msgspec.json.encode(answer)
        headers = {ANSWER_MAC: mac(opened.proof, body).hex()}
        return web.Response(body=body, content_type="application/json", headers=headers)

    async def _store(self, sealed: bytes, address: str) -> tuple[Opened, Answer]:
        """Raises BatchError, TooOften, StoreError."""
        loop = asyncio.get_running_loop()
        network = self.lookup(address)
        received = self.utc()

        def read() -> tuple[Opened, Batch | None]:
            opened = open_batch(sealed, self.keys, self.store, self.limits)
            charge(opened, self._vantages, self.monotonic())
            if opened.header.purpose == "withdraw":
                return opened, None
            return opened, read_batch(opened, self.limits, received, network, self.store)

        opened, batch = await loop.run_in_executor(self._worker, read)
        if batch is None:
            work = withdrawing(opened.sender, microseconds(opened.header.sent_at))
            deleted = await asyncio.wrap_future(self.store.submit(work))
            self.metrics.withdrawn.inc(deleted)
            return opened, Answer(batch=opened.header.batch, withdrawn=deleted)
        items = await asyncio.wrap_future(self.store.submit(storing(batch)))
        self._count(items)
        return opened, Answer(
            batch=opened.header.batch,
            items=tuple(items),
            schema=SCHEMA,
            asn=network.asn,
            country=network.country,
        )

    def _count(self, items: list[ItemAnswer]) -> None:
        self.metrics.batches.inc()
        for item in items:
            if item.status == "rejected":
                self.metrics.rejected.labels(item.reason).inc()
        self.metrics.duplicates.inc(sum(item.status == "duplicate" for item in items))
        accepted = [item for item in items if item.status == "accepted"]
        self.metrics.results.inc(len(accepted))
        self.metrics.quarantined.inc(sum(item.reason == "quarantined" for item in accepted))

    def _refusal(self, status: int, reason: str, wait: int | None = None) -> web.Response:
        self.metrics.refused.labels(reason).inc()
        headers = {"Retry-After": str(wait)} if wait is not None and status != 413 else {}
        return web.json_response({"error": reason}, status=status, headers=headers)


async def _healthy(_request: web.Request) -> web.Response:
    return web.Response(text="ok\n")


def client_address(request: web.Request, proxy: IPv4Network | IPv6Network | None) -> str:
    """The address a request comes from: the peer's, or behind our proxy the one that the proxy itself added (the last).

    What stands before it was written by the client and is not believed.
    """
    peer = request.remote or "0.0.0.0"
    if proxy is None or ip_address(peer.partition("%")[0]) not in proxy:
        return peer
    added = ",".join(request.headers.getall("X-Forwarded-For", [])).rpartition(",")[2].strip()
    try:
        return str(ip_address(added))
    except ValueError:
        return peer
