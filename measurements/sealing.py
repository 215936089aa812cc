"""A batch: results on their way from a device to the collector, sealed so that only the operator reads them.

    sealed = b"EFIRB1" | key id (8 bytes) | HPKE of plain to the operator's public key
    plain  = proof (32 bytes) | MAC (32 bytes) | body
    body   = zstd of JSON lines: a `Header`, then one `Item` a line; then padding, a skippable frame (RFC 8878, 3.1.2)

HPKE is RFC 9180 in base mode (X25519, HKDF-SHA256, ChaCha20-Poly1305), the key id is bound to it as `info`. The proof
is derived from the token of an invite; the operator keeps only its hash and knows the vantage by it. The MAC over the
body is keyed by the proof, and so is the MAC over the collector's answer: a login page or a box on the way cannot
acknowledge what the operator never had. There is no signature, nothing that proves to a third party who measured.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO, Final

import msgspec
import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from measurements.batch import LARGEST_BODY, LARGEST_SEALED, MAGIC, VERSION, Header, Item

KEY_ID_BYTES: Final = 8  # tells an operator's few keys apart
PROOF_BYTES: Final = 32  # of SHA-256, as the MAC is
MAC_BYTES: Final = 32
# A decompressor's window is memory that a stranger would choose otherwise; level 3 uses at most 2 MiB.
_LARGEST_WINDOW: Final = 8 << 20
_LEVEL: Final = 3
# A sweep's results are some 5 kB, a round's 22 kB: most batches fall into two or three classes.
_SMALLEST_CLASS: Final = 8 << 10
_LARGEST_CLASS: Final = 4 << 20
_PADDING: Final = 0x184D2A50.to_bytes(4, "little")  # a skippable frame begins so, and its length follows


class BatchError(Exception):
    """Not a batch, or not one that may be read; `reason` is one word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


# Keys and tokens ------------------------------------------------------------------------------------------------


def token_text(secret: bytes) -> str:
    """A token as it stands in an invite; `secret` is 32 random bytes."""
    return urlsafe_b64encode(secret).decode().rstrip("=")


def proof_of(token: str) -> bytes:
    """What a batch shows of the token; derived, so that the token itself never leaves the device."""
    return hmac.new(token.encode(), b"efir batch proof 1", hashlib.sha256).digest()


def key_text(key: X25519PublicKey) -> str:
    """A public key as it stands in an invite."""
    return urlsafe_b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode().rstrip("=")


def key_from_text(text: str) -> X25519PublicKey:
    """Raises ValueError for text that is no key."""
    return X25519PublicKey.from_public_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def key_id(key: X25519PublicKey) -> bytes:
    """The 8 bytes by which the operator finds the private key."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).digest()[:KEY_ID_BYTES]


def mac(proof: bytes, data: bytes) -> bytes:
    """MAC over a body or an answer."""
    return hmac.digest(proof, data, "sha256")


def same(one: bytes, other: bytes) -> bool:
    """Compare two MACs in constant time."""
    return hmac.compare_digest(one, other)


# Bodies ---------------------------------------------------------------------------------------------------------


def pack(header: Header, items: Iterable[Item]) -> bytes:
    """The compressed body."""
    encoder = msgspec.json.Encoder()
    lines = [encoder.encode(header), *(encoder.encode(item) for item in items)]
    return padded(zstandard.ZstdCompressor(level=_LEVEL).compress(b"\n".join(lines)))


def padded(body: bytes) -> bytes:
    """The body in the next size class, a power of two, so that a batch's size tells little of what was found.

    Nothing is added beyond the largest class that still fits into a sealed batch.
    """
    size = max(_SMALLEST_CLASS, 1 << (len(body) - 1).bit_length())
    room = size - len(body) - len(_PADDING) - 4
    if room < 0:  # no room for the frame's own head: the class above
        size *= 2
        room += size // 2
    if size > _LARGEST_CLASS:
        return body
    return body + _PADDING + room.to_bytes(4, "little") + bytes(room)


def unpack(body: bytes, largest: int = LARGEST_BODY) -> list[bytes]:
    """The lines of a body, at most `largest` bytes. Raises BatchError `bad_zstd`, `too_large`."""
    try:
        reader = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW).stream_reader(body)
        text = reader.read(largest + 1)
    except (zstandard.ZstdError, MemoryError):
        raise BatchError("bad_zstd") from None
    if len(text) > largest:
        raise BatchError("too_large")
    return text.split(b"\n")


def read_header(line: bytes) -> Header:
    """Raises BatchError `bad_header`, `later_version`."""
    try:
        header = msgspec.json.decode(line, type=Header)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise BatchError("bad_header") from None
    if header.version > VERSION:
        raise BatchError("later_version")
    if header.sent_at.tzinfo is None:
        raise BatchError("bad_header")
    return header


# Sealing --------------------------------------------------------------------------------------------------------


def _suite() -> Suite:
    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


def seal(body: bytes, token: str, key: X25519PublicKey) -> bytes:
    """The sealed batch. Each call gives other bytes: the ephemeral key is new."""
    proof = proof_of(token)
    start = MAGIC + key_id(key)
    return start + _suite().encrypt(proof + mac(proof, body) + body, key, info=start)


def unseal(sealed: bytes, keys: Mapping[bytes, X25519PrivateKey]) -> tuple[bytes, bytes, bytes]:
    """Proof, MAC and body. Raises BatchError `not_a_batch`, `unknown_key`, `bad_seal`."""
    cut = len(MAGIC) + KEY_ID_BYTES
    start = sealed[:cut]
    if len(start) < cut or not start.startswith(MAGIC):
        raise BatchError("not_a_batch")
    key = keys.get(start[len(MAGIC) :])
    if key is None:
        raise BatchError("unknown_key")
    try:
        plain = _suite().decrypt(sealed[cut:], key, info=start)
    except (InvalidTag, ValueError):
        raise BatchError("bad_seal") from None
    if len(plain) < PROOF_BYTES + MAC_BYTES:
        raise BatchError("bad_seal")
    body_at = PROOF_BYTES + MAC_BYTES
    return plain[:PROOF_BYTES], plain[PROOF_BYTES:body_at], plain[body_at:]


# Bundles: batches in a file, each behind its length -----------------------------------------------------------


def frame(sealed: bytes) -> bytes:
    """A batch as it stands in a bundle: four bytes of length (big-endian), then the batch."""
    return len(sealed).to_bytes(4, "big") + sealed


def frames(file: BinaryIO) -> Iterator[bytes]:
    """The batches of a bundle. Raises BatchError `not_a_bundle`, after those before the damage `cut_off`."""
    while length := file.read(4):
        size = int.from_bytes(length, "big")
        if len(length) < 4 or size > LARGEST_SEALED:
            raise BatchError("not_a_bundle")
        sealed = file.read(size)
        if len(sealed) < size:
            raise BatchError("cut_off" if sealed.startswith(MAGIC) else "not_a_bundle")
        yield sealed
