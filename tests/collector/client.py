"""A vantage that may send anything to a collector in this process."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from collector.networks import Network
from collector.service import PATH, Service
from measurements.batch import ANSWER_MAC, Answer, Header, Item
from measurements.invite import Invite
from measurements.sealing import key_from_text, mac, pack, proof_of, seal
from tests.collector.emulated import collector, header, invite

KZ = Network(64500, "KZ")
OTHER = "cd" * 16


class Client:
    """One vantage that may send anything."""

    def __init__(self, service: Service, url: str, session: aiohttp.ClientSession) -> None:
        self.service = service
        self.store = service.store
        self.invite: Invite = invite(service.store)
        self.url = url
        self.session = session

    def sealed(self, items: Iterable[Item], head: Header | None = None) -> bytes:
        return self.sealed_body(pack(head or header(), items))

    def sealed_body(self, body: bytes) -> bytes:
        return seal(body, self.invite.token, key_from_text(self.invite.key))

    async def post(self, sealed: bytes, **headers: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        async with self.session.post(self.url + PATH, data=BytesIO(sealed), headers=headers) as response:
            body = await response.read()
            if response.status == 200:
                assert response.headers[ANSWER_MAC] == mac(proof_of(self.invite.token), body).hex()
            return response.status, json.loads(body), dict(response.headers)

    async def send(self, *items: Item, head: Header | None = None) -> Answer:
        status, answer, _headers = await self.post(self.sealed(items, head))
        assert status == 200, answer
        return msgspec.convert(answer, Answer)

    def kept(self, columns: str = "id") -> list[Any]:
        return self.store.rows(f"SELECT {columns} FROM items ORDER BY seq")

    async def get(self, path: str) -> str:
        async with self.session.get(self.url + path) as response:
            assert response.status == 200
            return await response.text()


@asynccontextmanager
async def vantage(folder: Path, **fields: Any) -> AsyncIterator[Client]:
    async with collector(folder, **fields) as (service, url), aiohttp.ClientSession() as session:
        yield Client(service, url, session)


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.iterdir()]


def statuses(answer: Answer) -> list[tuple[str, str | None]]:
    return [(each.status, each.reason) for each in answer.items]
