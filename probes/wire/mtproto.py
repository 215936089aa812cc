"""MTProto's first, unauthenticated exchange: `req_pq_multi` and its answer `resPQ`.

The method: core.telegram.org/mtproto/auth_key, steps 1 and 2; the transport: core.telegram.org/mtproto.

No account, no key and no name are involved; every client of the network sends the same before anything else.
"""

import struct
from dataclasses import dataclass
from typing import Final

# announces the "intermediate" transport: four bytes of length before each packet
INTERMEDIATE: Final = b"\xee\xee\xee\xee"
NONCE_SIZE: Final = 16
_REQ_PQ_MULTI: Final = 0xBE7E8EF1
_RES_PQ: Final = 0x05162463
_VECTOR: Final = 0x1CB5C415
_HEADER: Final = 20  # auth_key_id (0 = unencrypted), message id, length of the message
_LARGEST: Final = 1 << 16  # bytes; a resPQ has about a hundred


@dataclass(frozen=True)
class ResPq:
    """A well-formed resPQ."""

    nonce: bytes
    key_fingerprints: tuple[str, ...]  # lower-case hex


def request(nonce: bytes, unix_time: float) -> bytes:
    """Transport tag, length and `req_pq_multi`; the message id is the time in 2**-32 s, a multiple of 4."""
    message = struct.pack("<I", _REQ_PQ_MULTI) + nonce
    message_id = int(unix_time * 2**32) & ~3 & 0xFFFFFFFFFFFFFFFF
    packet = struct.pack("<QQI", 0, message_id, len(message)) + message
    return INTERMEDIATE + struct.pack("<I", len(packet)) + packet


def packet_size(data: bytes) -> int | None:
    """Length of the packet that `data` begins, its length field included; None while that is not known.

    A length that no answer to us has gives what is there: it is then judged as it stands.
    """
    if len(data) < 4:
        return None
    (size,) = struct.unpack_from("<I", data)
    return 4 + int(size) if size <= _LARGEST else len(data)


def parse(data: bytes) -> ResPq | None:
    """The resPQ in a packet with its length field; None if it is anything else (an error code, a page, noise)."""
    body = data[4 + _HEADER :]
    try:
        kind, nonce = struct.unpack_from("<I16s", body)
        at = 4 + 2 * NONCE_SIZE
        length = body[at]
        if length > 253:  # longer strings have another form; pq has 8 bytes
            return None
        at += (1 + length + 3) // 4 * 4
        vector, count = struct.unpack_from("<II", body, at)
        if kind != _RES_PQ or vector != _VECTOR:
            return None
        keys = struct.unpack_from(f"<{min(count, _LARGEST)}Q", body, at + 8)
    except (struct.error, IndexError):
        return None
    return ResPq(nonce, tuple(f"{key:016x}" for key in keys))
