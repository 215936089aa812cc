"""A public S3 bucket over its plain REST interface: list and get, without an account.

Polite: one request at a time, a pause between requests, and the server's `Retry-After` (or a growing pause) after 429
and 503, S3's way of saying "slow down".
"""

import asyncio
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

PAUSE: Final = 0.1  # seconds between requests: ten a second, a hundredth of what S3 allows a client
TRIES: Final = 5  # of one file; each goes on where the last one broke off
LONGEST_WAIT: Final = 60.0  # seconds, whatever Retry-After says
_BUSY: Final = frozenset({429, 500, 502, 503, 504})
_CHUNK: Final = 1 << 18  # bytes written at a time


class FetchError(Exception):
    """The bucket cannot be read: what was asked, and what came."""


@dataclass(frozen=True)
class Item:
    """One object of the bucket."""

    key: str
    size: int  # bytes


class Bucket:
    """`endpoint` is the bucket's own address, such as https://BUCKET.s3.REGION.amazonaws.com."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        endpoint: str,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._session = session
        self._endpoint = endpoint.rstrip("/")
        self._sleep = sleep

    async def listing(self, prefix: str) -> AsyncIterator[Item]:
        """All objects whose key begins with `prefix`, page by page. Raises FetchError."""
        token: str | None = None
        while True:
            asked = {"list-type": "2", "prefix": prefix} | ({"continuation-token": token} if token else {})
            async with self._get(self._endpoint + "/", asked) as answer:
                items, token = parse_listing(await answer.read())
            for item in items:
                yield item
            if token is None:
                return

    async def fetch(self, item: Item, file: Path) -> int:
        """Bring one object to `file`; gives the bytes that were transferred, 0 if it was there already.

        A part that an earlier try left is continued. The length must be the listed one. Raises FetchError.
        """
        if _size(file) == item.size:
            return 0
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(file.name + ".part")
        transferred = 0
        for _ in range(TRIES):
            if _size(part) != item.size:
                transferred += await self._continue(item, part)
            if _size(part) == item.size:
                part.replace(file)
                return transferred
            if _size(part) > item.size:
                part.unlink()
        raise FetchError(f"{item.key}: {item.size} bytes were promised, and fewer came, {TRIES} times")

    async def _continue(self, item: Item, part: Path) -> int:
        have = _size(part)
        headers = {"Range": f"bytes={have}-"} if have else {}
        received = 0
        async with self._get(f"{self._endpoint}/{item.key}", headers=headers) as answer:
            with part.open("ab" if answer.status == 206 else "wb") as file:
                try:
                    async for chunk in answer.content.iter_chunked(_CHUNK):
                        received += file.write(chunk)
                except aiohttp.ClientPayloadError:
                    pass  # it broke off: the next try continues
        return received

    @asynccontextmanager
    async def _get(
        self, url: str, params: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        for attempt in range(TRIES):
            await self._sleep(PAUSE)
            try:
                answer = await self._session.get(url, params=params, headers=headers)
            except (aiohttp.ClientError, TimeoutError) as error:
                if attempt == TRIES - 1:
                    raise FetchError(f"{url}: {error}") from error
                await self._sleep(2.0**attempt)
                continue
            async with answer:
                if answer.status in (200, 206):
                    yield answer
                    return
                if answer.status not in _BUSY:
                    raise FetchError(f"{url}: answered with status {answer.status}")
                await self._sleep(_wait(answer.headers.get("Retry-After"), attempt))
        raise FetchError(f"{url}: too busy, {TRIES} times")


def _size(file: Path) -> int:
    """Bytes of a file, 0 if there is none: both begin at the start."""
    return file.stat().st_size if file.exists() else 0


def _wait(retry_after: str | None, attempt: int) -> float:
    asked = float(retry_after) if retry_after and retry_after.isdecimal() else 2.0**attempt
    return min(asked, LONGEST_WAIT)


def parse_listing(xml: bytes) -> tuple[list[Item], str | None]:
    """Objects and the continuation token of one page of ListObjectsV2. Raises FetchError for anything else."""
    try:
        root = ET.fromstring(xml)
        space = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
        if not root.tag.endswith("ListBucketResult"):
            raise FetchError(f"the listing is {root.tag!r}, not a bucket's")
        items = [
            Item(each.findtext(f"{space}Key") or "", int(each.findtext(f"{space}Size") or "0"))
            for each in root.iter(f"{space}Contents")
        ]
    except (ET.ParseError, ValueError) as error:
        raise FetchError(f"the listing cannot be read: {error}") from error
    return items, root.findtext(f"{space}NextContinuationToken")
