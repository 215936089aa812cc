"""What the collector does with honest batches, and with everything else."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from io import BytesIO
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from collector.invites import Selection, retract, revoke
from collector.limits import Limits
from collector.networks import Network
from collector.service import PATH, Service
from collector.store import Store
from measurements.batch import ANSWER_MAC, MAGIC, Answer, Header, Item
from measurements.invite import Invite
from measurements.microseconds import microseconds
from measurements.sealing import frame, key_from_text, mac, pack, proof_of, seal, token_text
from tests.collector.emulated import NOW, VANTAGE, collector, header, invite, item, observation, verdict

KZ = Network(64500, "KZ")
OTHER = "cd" * 16


class Client:
    """One vantage that may send anything."""

    def __init__(self, service: Service, url: str, session: aiohttp.ClientSession) -> None:
        self.service = service
        self.store = service.store
        self.invite: Invite = invite(service.store)
        self._url = url
        self._session = session

    def sealed(self, items: Iterable[Item], head: Header | None = None) -> bytes:
        return self.sealed_body(pack(head or header(), items))

    def sealed_body(self, body: bytes) -> bytes:
        return seal(body, self.invite.token, key_from_text(self.invite.key))

    async def post(self, sealed: bytes, **headers: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        async with self._session.post(self._url + PATH, data=BytesIO(sealed), headers=headers) as response:
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
        async with self._session.get(self._url + path) as response:
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


# Honest ----------------------------------------------------------------------------------------------------------


async def test_each_result_counts_once_whatever_is_sent_again(tmp_path: Path) -> None:
    async with vantage(tmp_path) as client:
        items = [item(observation(number)) for number in range(3)] + [item(verdict())]
        assert statuses(await client.send(*items)) == [("accepted", None)] * 4
        sealed = client.sealed(items)
        replayed = await client.post(sealed)
        assert replayed[:2] == (await client.post(sealed))[:2]
        assert statuses(await client.send(items[0], item(observation()))) == [
            ("duplicate", None),
            ("accepted", None),
        ]
        assert len(client.kept()) == 5


async def test_one_bad_item_does_not_harm_the_rest(tmp_path: Path) -> None:
    async with vantage(tmp_path) as client:
        good = item(observation())
        bad = Item(kind="observation", id="bad", time=NOW, record=msgspec.Raw(b'{"id":"bad"}'))
        assert statuses(await client.send(bad, good)) == [("accepted", None), ("rejected", "bad_record")]
        assert client.kept() == [(good.id,)]


async def test_a_wrong_clock_is_corrected_and_the_raw_time_kept(tmp_path: Path) -> None:
    async with vantage(tmp_path) as client:
        hours = timedelta(hours=8)
        record = observation(time=NOW - hours - timedelta(minutes=5))
        await client.send(item(record), head=header(sent_at=NOW - hours))
        [(time, raw, flags, stored)] = client.kept("time, raw_time, flags, record")
        assert (time, raw) == (microseconds(NOW - timedelta(minutes=5)), microseconds(record.time))
        assert flags == "clock_corrected"
        assert json.loads(stored)["time"] == "2026-03-01T19:55:00Z"
        assert json.loads(stored)["flags"] == ["clock_corrected"]


async def test_what_was_measured_in_the_future_is_kept_apart(tmp_path: Path) -> None:
    async with vantage(tmp_path) as client:
        answer = await client.send(item(observation(time=NOW + timedelta(hours=1))))
        assert statuses(answer) == [("accepted", "quarantined")]
        assert client.store.rows("SELECT id FROM observations") == []


async def test_the_network_of_a_direct_upload_is_credited_to_results_of_that_network_alone(
    tmp_path: Path,
) -> None:
    async with vantage(tmp_path, lookup=lambda _address: KZ) as client:
        here, elsewhere = observation(), observation(vantage=OTHER)
        answer = await client.send(item(here), item(elsewhere), head=header(vantage=VANTAGE))
        assert (answer.asn, answer.country) == KZ
        assert client.kept("asn, country") == [KZ, (None, None)]
        await client.send(item(observation()), head=header())  # later, through a proxy
        assert client.kept("asn, country")[2] == KZ
        assert json.loads(client.kept("record")[2][0])["asn"] == 64500


async def test_a_device_that_says_another_network_is_flagged(tmp_path: Path) -> None:
    async with vantage(tmp_path, lookup=lambda _address: KZ) as client:
        record = observation(asn=64999, country="US")
        await client.send(item(record), head=header(vantage=VANTAGE))
        assert client.kept("asn, country, flags") == [(*KZ, "asn_mismatch country_mismatch")]


@pytest.mark.parametrize(
    ("proxy", "forwarded", "seen"),
    [
        pytest.param(None, "198.51.100.7", "127.0.0.1", id="without a proxy the header is not believed"),
        pytest.param("127.0.0.1", "198.51.100.7", "198.51.100.7", id="our proxy's entry is"),
        pytest.param(
            "127.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7", id="the last one, not the client's"
        ),
        pytest.param("127.0.0.1", "nonsense", "127.0.0.1", id="nonsense is not an address"),
        pytest.param("192.0.2.1", "198.51.100.7", "127.0.0.1", id="another hop is not our proxy"),
    ],
)
async def test_whose_address_counts(tmp_path: Path, proxy: str | None, forwarded: str, seen: str) -> None:
    asked: list[str] = []

    def lookup(address: str) -> Network:
        asked.append(address)
        return Network()

    hop = ip_network(proxy) if proxy else None
    async with vantage(tmp_path, lookup=lookup, proxy=hop) as client:
        await client.post(client.sealed([]), **{"X-Forwarded-For": forwarded})
        assert asked == [seen]


async def test_no_file_of_the_collector_holds_an_address(tmp_path: Path) -> None:
    async with vantage(tmp_path, lookup=lambda _address: KZ, proxy=ip_network("127.0.0.1")) as client:
        sealed = client.sealed([item(observation())], header(vantage=VANTAGE))
        await client.post(sealed, **{"X-Forwarded-For": "198.51.100.7"})
        assert all(b"198.51.100.7" not in content for content in contents(tmp_path))


async def test_a_withdrawal_leaves_ids_alone_and_a_replay_brings_nothing_back(tmp_path: Path) -> None:
    async with vantage(tmp_path, lookup=lambda _address: KZ) as client:
        seen = item(observation())
        await client.send(seen, head=header(vantage=VANTAGE))
        unseen = client.sealed([item(observation())], header(sent_at=NOW - timedelta(hours=1)))
        answer = await client.send(head=header(purpose="withdraw"))
        assert answer.withdrawn == 1
        assert client.kept("id, record, vantage, platform, asn, time") == [
            (seen.id, None, None, None, None, 0)
        ]
        assert client.store.rows("SELECT * FROM networks") == []
        assert statuses(await client.send(seen, head=header(sent_at=NOW + timedelta(minutes=1)))) == [
            ("duplicate", None)
        ]
        _status, held_back, _headers = await client.post(unseen)
        assert held_back["items"][0]["reason"] == "withdrawn"
        assert len(client.kept()) == 1


async def test_retracted_results_leave_the_views_and_come_back(tmp_path: Path) -> None:
    async with vantage(tmp_path) as client:
        await client.send(item(observation()), item(observation(platform="vk")), item(verdict()))
        wrong = Selection(
            invite=client.invite.id, platform="youtube", since=NOW - timedelta(hours=1), until=NOW
        )
        assert retract(client.store, wrong) == 2
        assert [row[0] for row in client.store.rows("SELECT platform FROM observations")] == ["vk"]
        assert client.store.rows("SELECT id FROM lines") == []
        assert retract(client.store, wrong, undo=True) == 2
        assert len(client.store.rows("SELECT id FROM observations")) == 2


async def test_the_collector_counts_its_own_work(tmp_path: Path) -> None:
    async with vantage(tmp_path) as client:
        twice = item(observation())
        await client.send(twice)
        await client.send(twice, Item(kind="observation", id="b", time=NOW, record=msgspec.Raw(b"{}")))
        await client.post(b"nonsense")
        text = await client.get("/metrics")
        for line in (
            "efir_ingest_batches_total 2.0",
            "efir_ingest_results_total 1.0",
            "efir_ingest_duplicates_total 1.0",
            'efir_ingest_rejected_total{reason="bad_record"} 1.0',
            'efir_ingest_refused_total{reason="not_a_batch"} 1.0',
        ):
            assert line in text
        assert "_created" not in text
        assert await client.get("/-/healthy") == "ok\n"


# Hostile ---------------------------------------------------------------------------------------------------------

Attack = Callable[[Client], bytes]


def _bomb(client: Client) -> bytes:
    return client.sealed_body(zstandard.ZstdCompressor().compress(bytes(60_000_000)))


def _endless_window(client: Client) -> bytes:
    parameters = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
    frame_ = zstandard.ZstdCompressor(compression_params=parameters).compressobj().compress(bytes(1 << 20))
    return client.sealed_body(frame_ + zstandard.ZstdCompressor().compress(b"x"))


def _many_lines(client: Client) -> bytes:
    return client.sealed_body(
        zstandard.ZstdCompressor().compress(msgspec.json.encode(header()) + b"\n{}" * 10_001)
    )


def _other_proof(client: Client) -> bytes:
    return seal(pack(header(), []), token_text(bytes(32)), key_from_text(client.invite.key))


def _wrong_mac(client: Client) -> bytes:
    """A proof that is known with a MAC over another body, as one would build who saw only the proof."""
    from measurements import sealing

    key = key_from_text(client.invite.key)
    start = MAGIC + sealing.key_id(key)
    proof = proof_of(client.invite.token)
    plain = proof + mac(proof, b"another body") + pack(header(), [])
    return start + sealing._suite().encrypt(plain, key, info=start)


def _other_key(client: Client) -> bytes:
    return seal(pack(header(), []), client.invite.token, X25519PrivateKey.generate().public_key())


def _flipped(client: Client) -> bytes:
    sealed = client.sealed([])
    return sealed[:-1] + bytes([sealed[-1] ^ 1])


def _later(client: Client) -> bytes:
    return client.sealed([], header(version=2))


ATTACKS: dict[str, tuple[Attack, int, str]] = {
    "a bomb of 60 MB": (_bomb, 413, "too_large"),
    "a window of 128 MB": (_endless_window, 400, "bad_zstd"),
    "more lines than allowed": (_many_lines, 413, "too_many_items"),
    "a token nobody has": (_other_proof, 403, "unknown_token"),
    "a MAC over another body": (_wrong_mac, 400, "bad_mac"),
    "a key that is not ours": (_other_key, 400, "unknown_key"),
    "a seal with one bit turned": (_flipped, 400, "bad_seal"),
    "a seal cut short": (lambda client: client.sealed([])[:20], 400, "bad_seal"),
    "nothing": (lambda _client: b"", 400, "not_a_batch"),
    "a page": (lambda _client: b"<html>", 400, "not_a_batch"),
    "no zstd": (lambda client: client.sealed_body(b"no zstd"), 400, "bad_zstd"),
    "no header": (lambda client: client.sealed_body(zstandard.compress(b"{}")), 400, "bad_header"),
    "a deep header": (
        lambda client: client.sealed_body(zstandard.compress(b"[" * 999_999)),
        400,
        "bad_header",
    ),
    "a later version": (_later, 400, "later_version"),
    "more than 5 MB": (lambda _client: bytes(5_000_001), 413, "too_large"),
}


@pytest.mark.parametrize("name", ATTACKS)
async def test_a_hostile_batch_is_refused_with_its_reason(tmp_path: Path, name: str) -> None:
    attack, status, reason = ATTACKS[name]
    async with vantage(tmp_path) as client:
        answered, answer, _headers = await client.post(attack(client))
        assert (answered, answer) == (status, {"error": reason})
        assert client.kept() == []
        assert statuses(await client.send(item(observation()))) == [("accepted", None)]


DEEP = b"[" * 100_000 + b"]" * 100_000
EVIL_NAMES = [
    "../../etc/passwd",
    "'; DROP TABLE items;--",
    "<script>alert(1)</script>",
    "a" * 129,
    "",
    "\u202eevil",
]
NO_ZONE = msgspec.json.encode(observation(id="x")).replace(b'Z"', b'"')
HOSTILE_ITEMS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    **{f"platform {name[:12]!r}": ({"platform": name}, {}, "bad_platform") for name in EVIL_NAMES},
    **{f"endpoint {name[:12]!r}": ({"endpoint": name}, {}, "bad_endpoint") for name in EVIL_NAMES},
    **{f"run {name[:12]!r}": ({"run_id": name}, {}, "bad_run_id") for name in EVIL_NAMES},
    **{f"id {name[:12]!r}": ({"id": name}, {}, "bad_id") for name in EVIL_NAMES},
    "a vantage that is no pseudonym": ({"vantage": "192.0.2.1"}, {}, "bad_vantage"),
    "a country that is none": ({"country": "kz;"}, {}, "bad_country"),
    "an AS number out of range": ({"asn": 2**32}, {}, "bad_asn"),
    "another item's id": ({}, {"id": "other"}, "other_id"),
    "a schema of tomorrow": ({"schema": 99}, {}, "later_schema"),
    "a time without a zone": ({}, {"id": "x", "record": NO_ZONE}, "bad_time"),
    "a record cut off": ({}, {"record": b'{"id":"x"'}, "bad_item"),
    "a record nested deeply": ({}, {"record": b'{"x":' + DEEP + b"}"}, "bad_item"),
    "a record that is a list": ({}, {"record": b"[]"}, "bad_record"),
    "a record of bad UTF-8": ({}, {"record": b'{"id":"\xff"}'}, "bad_record"),
    "a line of more than a megabyte": ({"host": "h" * 1_000_001}, {}, "too_large"),
}


@pytest.mark.parametrize("name", HOSTILE_ITEMS)
async def test_a_hostile_item_is_refused_with_its_reason(tmp_path: Path, name: str) -> None:
    of_record, of_item, reason = HOSTILE_ITEMS[name]
    if "record" in of_item:
        of_item = {**of_item, "record": msgspec.Raw(of_item["record"])}
    async with vantage(tmp_path) as client:
        [(status, why)] = statuses(await client.send(item(observation(**of_record), **of_item)))
        assert (status, why) == ("rejected", reason)
        assert client.kept() == []


async def test_free_text_may_hold_anything_and_stays_data(tmp_path: Path) -> None:
    async with vantage(tmp_path) as client:
        evil = "'); DROP TABLE items; -- <script>\x00\n"
        await client.send(item(verdict(reason=evil)))
        [(record,)] = client.kept("record")
        assert json.loads(record)["reason"] == evil


async def test_a_revoked_token_is_refused_at_once(tmp_path: Path) -> None:
    async with vantage(tmp_path) as client:
        await client.send(item(observation()))
        revoke(client.store, client.invite.id, NOW)
        status, answer, _headers = await client.post(client.sealed([item(observation())]))
        assert (status, answer) == (403, {"error": "unknown_token"})
        assert len(client.kept()) == 1


async def test_a_million_tiny_batches_are_too_often(tmp_path: Path) -> None:
    limits = Limits(network_burst=5, network_every=30.0)
    async with vantage(tmp_path, limits=limits, monotonic=lambda: 100.0) as client:
        answers = [(await client.post(b"x"))[0] for _ in range(8)]
        assert answers == [400] * 5 + [429] * 3
        _status, _answer, headers = await client.post(b"x")
        assert headers["Retry-After"] == "30"


async def test_a_vantage_that_sends_too_much_waits_and_another_does_not(tmp_path: Path) -> None:
    limits = Limits(vantage_burst=2, vantage_every=60.0)
    async with vantage(tmp_path, limits=limits, monotonic=lambda: 100.0) as client:
        assert [(await client.post(client.sealed([])))[0] for _ in range(3)] == [200, 200, 429]
        client.invite = invite(client.store)
        assert (await client.post(client.sealed([])))[0] == 200


async def test_a_slow_sender_is_cut_and_the_others_do_not_wait(tmp_path: Path) -> None:
    async def dribble() -> AsyncIterator[bytes]:
        yield b"EFIRB1"
        await asyncio.Event().wait()

    async with vantage(tmp_path, limits=Limits(read_seconds=0.5)) as client:
        slow = asyncio.create_task(client._session.post(client._url + PATH, data=dribble()))
        assert statuses(await client.send(item(observation()))) == [("accepted", None)]
        assert (await slow).status == 408


async def test_senders_are_asked_to_come_back_when_memory_is_full(tmp_path: Path) -> None:
    async with vantage(tmp_path, limits=Limits(buffered_per_network=10)) as client:
        status, answer, headers = await client.post(client.sealed([item(observation())]))
        assert (status, answer, headers["Retry-After"]) == (503, {"error": "busy"}, "15")
        assert client.kept() == []


async def test_senders_are_asked_to_come_back_when_the_writer_is_behind(tmp_path: Path) -> None:
    async with vantage(tmp_path, limits=Limits(waiting=0)) as client:
        status, answer, headers = await client.post(client.sealed([item(observation())]))
        assert (status, answer, headers["Retry-After"]) == (503, {"error": "busy"}, "15")


def test_tokens_are_kept_as_hashes_alone(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        made = invite(store)
        [(kept,)] = store.rows("SELECT proof_hash FROM invites")
    assert kept == hashlib.sha256(proof_of(made.token)).digest()
    for content in contents(tmp_path):
        assert made.token.encode() not in content
        assert proof_of(made.token) not in content


def test_a_frame_is_its_length_and_the_batch() -> None:
    assert frame(b"abc") == b"\x00\x00\x00\x03abc"
