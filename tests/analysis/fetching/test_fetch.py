"""Fetching from a bucket of our own making on loopback, which pages, tires and breaks off."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import aiohttp
import pytest
from aiohttp import web

from analysis.fetching.ooni import place, prefixes, wanted
from analysis.fetching.s3 import Bucket, FetchError, Item, parse_listing

HOUR = datetime(2023, 11, 8, 5, tzinfo=UTC)
KEYS = {
    f"raw/20231108/0{hour}/KE/{test}/2023110805_KE_{test}.n0.{n}.jsonl.gz": bytes([n]) * size
    for hour in (5, 6)
    for test, size in (("telegram", 300_000), ("webconnectivity", 1000))
    for n in range(3)
} | {
    "raw/20231108/05/KE/telegram/2023110805_KE_telegram.n0.0.tar.gz": b"x",
    "raw/20231108/05/KZ/telegram/o.jsonl.gz": b"y",
}


class Store:
    """ListObjectsV2 with pages of two, and GET with Range. `trouble` maps a path to answers that come first."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.trouble: dict[str, list[Callable[[web.Request], Awaitable[web.StreamResponse]]]] = {}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        key = request.path.lstrip("/")
        self.asked[key] += 1
        waiting = self.trouble.get(key)
        if waiting:
            return await waiting.pop(0)(request)
        return self.listing(request) if not key else self.item(request, KEYS[key])

    def listing(self, request: web.Request) -> web.Response:
        keys = sorted(key for key in KEYS if key.startswith(request.query["prefix"]))
        start = int(request.query.get("continuation-token", "0"))
        more = f"<NextContinuationToken>{start + 2}</NextContinuationToken>" if start + 2 < len(keys) else ""
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(KEYS[key])}</Size></Contents>"
            for key in keys[start : start + 2]
        )
        space = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
        return web.Response(
            text=f"<ListBucketResult {space}>{rows}{more}</ListBucketResult>", content_type="text/xml"
        )

    def item(self, request: web.Request, body: bytes) -> web.Response:
        start = request.http_range.start or 0
        return web.Response(body=body[start:], status=206 if start else 200)


async def busy(request: web.Request) -> web.StreamResponse:
    return web.Response(status=503, headers={"Retry-After": "7"})


async def broken_off(request: web.Request) -> web.StreamResponse:
    body = KEYS[request.path.lstrip("/")]
    answer = web.StreamResponse(headers={"Content-Length": str(len(body))})
    await answer.prepare(request)
    await answer.write(body[:100_000])
    assert request.transport is not None
    request.transport.close()
    return answer


def run(store: Store, work: Callable[[Bucket, list[float]], Awaitable[None]]) -> None:
    async def main() -> None:
        app = web.Application()
        app.router.add_get("/{key:.*}", store.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        pauses: list[float] = []

        async def sleep(seconds: float) -> None:
            pauses.append(seconds)

        try:
            async with aiohttp.ClientSession() as session:
                await work(Bucket(session, f"http://127.0.0.1:{port}", sleep), pauses)
        finally:
            await runner.cleanup()

    asyncio.run(main())


def test_every_page_of_every_hour_is_listed_and_only_measurement_files(tmp_path: Path) -> None:
    found: list[Item] = []

    async def work(bucket: Bucket, pauses: list[float]) -> None:
        found.extend([item async for item in wanted(bucket, "ke", HOUR, HOUR.replace(hour=7), None)])

    run(Store(), work)
    assert {item.key for item in found} == {
        key for key in KEYS if "/KE/" in key and key.endswith(".jsonl.gz")
    }
    assert all(item.size == len(KEYS[item.key]) for item in found)


def test_a_file_is_fetched_once(tmp_path: Path) -> None:
    key = next(iter(KEYS))
    item, store = Item(key, len(KEYS[key])), Store()

    async def work(bucket: Bucket, pauses: list[float]) -> None:
        assert await bucket.fetch(item, place(item, tmp_path)) == item.size
        assert await bucket.fetch(item, place(item, tmp_path)) == 0

    run(store, work)
    assert (tmp_path / key).read_bytes() == KEYS[key]
    assert store.asked[key] == 1


def test_what_broke_off_is_continued_from_where_it_was(tmp_path: Path) -> None:
    key = next(iter(KEYS))
    item, store = Item(key, len(KEYS[key])), Store()
    store.trouble[key] = [broken_off]
    transferred: list[int] = []

    async def work(bucket: Bucket, pauses: list[float]) -> None:
        transferred.append(await bucket.fetch(item, place(item, tmp_path)))

    run(store, work)
    assert (tmp_path / key).read_bytes() == KEYS[key]
    assert transferred == [item.size]
    assert not list(tmp_path.rglob("*.part"))


def test_a_busy_server_is_given_the_time_it_asks_for(tmp_path: Path) -> None:
    key = next(iter(KEYS))
    item, store = Item(key, len(KEYS[key])), Store()
    store.trouble[key] = [busy]
    waited: list[float] = []

    async def work(bucket: Bucket, pauses: list[float]) -> None:
        await bucket.fetch(item, place(item, tmp_path))
        waited.extend(pauses)

    run(store, work)
    assert 7.0 in waited


def test_a_file_of_another_length_than_listed_is_refused(tmp_path: Path) -> None:
    key = next(iter(KEYS))

    async def work(bucket: Bucket, pauses: list[float]) -> None:
        with pytest.raises(FetchError, match="promised"):
            await bucket.fetch(Item(key, len(KEYS[key]) + 1), tmp_path / "file")

    run(Store(), work)
    assert not (tmp_path / "file").exists()


def test_a_missing_bucket_is_named(tmp_path: Path) -> None:
    async def gone(request: web.Request) -> web.StreamResponse:
        return web.Response(status=404)

    store = Store()
    store.trouble[""] = [gone]

    async def work(bucket: Bucket, pauses: list[float]) -> None:
        with pytest.raises(FetchError, match="status 404"):
            _ = [item async for item in bucket.listing("raw/")]

    run(store, work)


def test_hours_are_asked_for_one_by_one_and_tests_without_underscores() -> None:
    assert list(prefixes("kz", HOUR, HOUR.replace(hour=7), "web_connectivity")) == [
        "raw/20231108/05/KZ/webconnectivity/",
        "raw/20231108/06/KZ/webconnectivity/",
    ]


@pytest.mark.parametrize("key", ["/etc/passwd", "raw/../../x.jsonl.gz"])
def test_a_key_that_leads_out_of_the_folder_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(FetchError):
        place(Item(key, 1), tmp_path)


NO_LISTINGS = [
    b"",
    b"<html></html>",
    b"<ListBucketResult><Contents><Size>x</Size></Contents></ListBucketResult>",
]


@pytest.mark.parametrize("xml", NO_LISTINGS)
def test_a_listing_that_is_none_is_refused(xml: bytes) -> None:
    with pytest.raises(FetchError):
        parse_listing(xml)
