"""What the collector does with batches that are meant to harm it, its volunteers or its operator."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from collector.invites import revoke
from collector.limits import Limits
from collector.service import PATH
from collector.store import Store
from measurements.batch import MAGIC
from measurements.sealing import key_from_text, mac, pack, proof_of, seal, token_text
from tests.collector.client import Client, contents, statuses, vantage
from tests.collector.emulated import NOW, header, invite, item, observation, verdict

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
        slow = asyncio.create_task(client.session.post(client.url + PATH, data=dribble()))
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
