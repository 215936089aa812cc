"""Emulated vantages: spools with results, invites, and a collector in this process."""

import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from aiohttp.test_utils import TestServer

from collector.ingest import open_batch, read_batch
from collector.invites import new_invite
from collector.keys import load_or_make_keys
from collector.limits import Limits
from collector.networks import UNKNOWN
from collector.service import Service
from collector.store import Batch, Store
from measurements.batch import Header, Item
from measurements.ids import uuid7
from measurements.invite import Invite
from measurements.records import Observation, VerdictLine
from measurements.sealing import key_from_text, pack, seal
from tests import records

NOW = datetime(2026, 3, 1, 20, tzinfo=UTC)
VANTAGE = "ab" * 16


def observation(number: int = 0, **fields: Any) -> Observation:
    """A result; each call has an id of its own."""
    told = {
        "id": uuid7(NOW.timestamp() + number, os.urandom),
        "run_id": "run-1",
        "vantage": VANTAGE,
        "time": NOW - timedelta(minutes=5),
        "probe": "tls",
    }
    return records.observation(**told | fields)


def verdict(**fields: Any) -> VerdictLine:
    """A verdict with an id of its own."""
    told = {
        "id": uuid7(NOW.timestamp(), os.urandom),
        "platform": "youtube",
        "verdict": "blocked",
        "rule": "tls-reset",
        "rules_version": "1",
        "reason": "",
        "vantage": VANTAGE,
        "time": NOW - timedelta(minutes=5),
        "run_id": "run-1",
    }
    return VerdictLine(**{**told, **fields})


def item(record: Observation | VerdictLine, /, **fields: Any) -> Item:
    """The item of a record."""
    told = {
        "kind": "verdict" if isinstance(record, VerdictLine) else "observation",
        "id": record.id,
        "time": record.time,
        "run_id": record.run_id,
        "vantage": record.vantage,
        "record": msgspec.Raw(msgspec.json.encode(record)),
    }
    return Item(**{**told, **fields})


def header(**fields: Any) -> Header:
    """A header sealed at NOW."""
    return Header(**{"batch": uuid7(NOW.timestamp(), os.urandom), "sent_at": NOW, **fields})


def invite(store: Store, url: str = "http://127.0.0.1:1") -> Invite:
    """A new invite of this store."""
    return new_invite(store, load_or_make_keys(store.folder), [url], None, NOW, os.urandom)


@asynccontextmanager
async def collector(folder: Path, **fields: Any) -> AsyncIterator[tuple[Service, str]]:
    """A collector on a free port of loopback, whose clock stands at NOW; the service and its URL."""
    with Store(folder) as store:
        told = {"utc": lambda: NOW, **fields}
        service = Service(store, load_or_make_keys(folder), os.urandom(32), **told)
        server = TestServer(service.application())
        await server.start_server(access_log=None)
        try:
            yield service, str(server.make_url("")).rstrip("/")
        finally:
            await server.close()


def stored_batch(store: Store, made: Invite, records: Iterable[Observation | VerdictLine]) -> Batch:
    """A batch as the collector has read it, from a connection of no known network."""
    keys = load_or_make_keys(store.folder)
    sealed = seal(pack(header(), map(item, records)), made.token, key_from_text(made.key))
    opened = open_batch(sealed, keys, store, Limits())
    return read_batch(opened, Limits(), NOW, UNKNOWN, store)
