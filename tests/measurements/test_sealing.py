"""Sealed batches and bundles of them."""

from datetime import UTC, datetime
from io import BytesIO

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from measurements.batch import LARGEST_SEALED, Header, Item
from measurements.sealing import (
    BatchError,
    frame,
    frames,
    key_from_text,
    key_id,
    key_text,
    mac,
    pack,
    padded,
    proof_of,
    read_header,
    seal,
    token_text,
    unpack,
    unseal,
)

KEY = X25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = {key_id(KEY.public_key()): KEY}
TOKEN = token_text(bytes(range(32)))
HEADER = Header(batch="b", sent_at=datetime(2026, 3, 1, tzinfo=UTC))
# Written by the first version of `measurements.sealing`, for KEY and TOKEN.
GOLDEN = (
    "454649524231eedd883da0a94515887f99d203944f8ded1945edf4b12bf11f62868dc4a09845a92ddce224b7e81540f7"
    "9a497dde4e868d41d698b827f1c7289ee4a5d74bcf8306cf226af0c552a3e282c45d78c68c3d6c91b1fefeb675956d69"
    "41bf71de4245abb2a344a44f12fad3b184f1e831f39331839267cc2bea2416632775db4e64051aec14a4a64be29f5a21"
    "7a19e78239f5d2cb2b26b48de452c38000c8390215174c47f80c51a99ff88b1d19c5e0326a"
)
ITEM = Item(kind="summary", id="i", time=HEADER.sent_at, record=msgspec.Raw(b"{}"))


def test_what_was_sealed_is_opened_with_its_proof_and_mac() -> None:
    body = pack(HEADER, [ITEM])
    proof, given, opened = unseal(seal(body, TOKEN, KEY.public_key()), KEYS)
    assert (proof, given, opened) == (proof_of(TOKEN), mac(proof_of(TOKEN), body), body)
    first, line = unpack(opened)
    assert read_header(first) == HEADER
    assert msgspec.json.decode(line, type=Item) == ITEM


@pytest.mark.parametrize(
    ("size", "padded_to"),
    [
        pytest.param(1, 8 << 10, id="a small one"),
        pytest.param((8 << 10) - 8, 8 << 10, id="just enough room for an empty frame"),
        pytest.param((8 << 10) - 7, 16 << 10, id="no room for the frame's head"),
        pytest.param(8 << 10, 16 << 10, id="a class filled to the brim"),
        pytest.param(22_000, 32 << 10, id="a round's results"),
        pytest.param(4 << 20, 4 << 20, id="the largest stay as they are"),
    ],
)
def test_a_body_is_padded_to_its_size_class(size: int, padded_to: int) -> None:
    body = bytes(range(256)) * (size // 256) + bytes(size % 256)
    assert len(padded(body)) == padded_to
    assert padded(body).startswith(body)


def test_padding_is_skipped_in_reading() -> None:
    body = pack(HEADER, [ITEM])
    assert len(body) == 8 << 10
    assert len(unpack(body)) == 2


def test_a_sealed_batch_shows_neither_token_nor_content_and_never_looks_the_same() -> None:
    one, other = (seal(b"content " * 9, TOKEN, KEY.public_key()) for _ in range(2))
    assert one[:14] == other[:14]  # format and key, which the address tells as well
    assert one[14:46] != other[14:46]
    for hidden in (TOKEN.encode(), proof_of(TOKEN), b"content"):
        assert hidden not in one


def test_the_format_does_not_drift() -> None:
    """A batch of the first release stays readable: carried by hand, it may come in years later."""
    sealed = bytes.fromhex(GOLDEN)
    proof, given, body = unseal(sealed, KEYS)
    assert proof == proof_of(TOKEN)
    assert given == mac(proof, body)
    assert read_header(unpack(body)[0]) == HEADER


def test_keys_and_tokens_are_text_without_signs_that_shells_or_addresses_mind() -> None:
    text = key_text(KEY.public_key())
    assert key_from_text(text) == KEY.public_key()
    assert len(text) == len(TOKEN) == 43
    for wrong in ("", "a", text + "AAAA", "ключ"):
        with pytest.raises(ValueError):  # noqa: PT011 - several libraries' words for it
            key_from_text(wrong)


SEALED = [seal(bytes([number]) * 50, TOKEN, KEY.public_key()) for number in range(3)]
BUNDLE = b"".join(map(frame, SEALED))


@pytest.mark.parametrize(
    ("bundle", "batches", "reason"),
    [
        pytest.param(BUNDLE, 3, None, id="whole"),
        pytest.param(b"", 0, None, id="empty"),
        pytest.param(BUNDLE[:-1], 2, "cut_off", id="cut off in a batch"),
        pytest.param(BUNDLE + b"\x00", 3, "not_a_bundle", id="cut off in a length"),
        pytest.param(b"<html><body>", 0, "not_a_bundle", id="a page"),
        pytest.param(
            (LARGEST_SEALED + 1).to_bytes(4, "big"), 0, "not_a_bundle", id="a length beyond the limit"
        ),
        pytest.param(b"\x00\x00\x10\x00 short", 0, "not_a_bundle", id="no batch behind the length"),
    ],
)
def test_a_bundle_gives_what_it_holds_then_its_damage(
    bundle: bytes, batches: int, reason: str | None
) -> None:
    read: list[bytes] = []
    found = None
    reading = frames(BytesIO(bundle))
    try:
        while (sealed := next(reading, None)) is not None:
            read.append(sealed)
    except BatchError as error:
        found = error.reason
    assert (read, found) == (SEALED[:batches], reason)


def test_a_frame_is_its_length_and_the_batch() -> None:
    assert frame(b"abc") == b"\x00\x00\x00\x03abc"
