"""A Telegram data centre's first answer: `req_pq_multi` -> `resPQ` (core.telegram.org/mtproto/auth_key).

`feed` is pure: bytes in, bytes out. All four stream transports are understood (core.telegram.org/mtproto/
mtproto-transports): abridged, intermediate, padded intermediate and full.
"""

import asyncio
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

REQ_PQ: Final = 0x60469778
REQ_PQ_MULTI: Final = 0xBE7E8EF1
RES_PQ: Final = 0x05162463
# Fingerprints of two of Telegram's published RSA keys, as its data centres offer them.
KEY_FINGERPRINTS: Final = (0xD09D1D85DE64FD85, 0x0BC35F3509F7B7A5)
_PQ: Final = bytes.fromhex("17ed48941a08f981")  # the product used in the documentation's sample
_MAX_MESSAGE: Final = 1 << 16


class ProtocolError(Exception):
    """The client speaks no MTProto that we know."""


def res_pq(payload: bytes, server_nonce: bytes, message_id: int) -> bytes:
    """Unencrypted message that answers the unencrypted message `payload`."""
    if len(payload) < 40:
        raise ProtocolError("a message shorter than req_pq")
    key_id, _, length, constructor = struct.unpack_from("<qqiI", payload)
    if key_id != 0 or length < 20 or constructor not in (REQ_PQ, REQ_PQ_MULTI):
        raise ProtocolError("not req_pq")
    nonce = payload[24:40]
    pq = bytes([len(_PQ)]) + _PQ + b"\0" * 3  # TL string: length, bytes, padding to four
    body = (
        struct.pack("<I", RES_PQ)
        + nonce
        + server_nonce
        + pq
        + struct.pack("<Ii", 0x1CB5C415, len(KEY_FINGERPRINTS))
        + b"".join(struct.pack("<Q", one) for one in KEY_FINGERPRINTS)
    )
    return struct.pack("<qqi", 0, message_id, len(body)) + body


@dataclass
class DataCentre:
    """One connection's state."""

    random_bytes: Callable[[int], bytes]
    _buffer: bytes = b""
    _transport: str | None = None
    _sequence: int = field(default=0)

    def feed(self, data: bytes) -> bytes:
        """Answers to what `data` completes.

        Raises:
            ProtocolError: these bytes are no MTProto request; a data centre then closes the connection.
        """
        self._buffer += data
        if self._transport is None and not self._choose():
            return b""
        answers = b""
        while (payload := self._next()) is not None:
            message_id = struct.unpack("<q", self.random_bytes(7) + b"\0")[0] | 1
            answers += self._wrap(res_pq(payload, self.random_bytes(16), message_id))
        return answers

    def _choose(self) -> bool:
        if self._buffer[:1] == b"\xef":
            self._transport, self._buffer = "abridged", self._buffer[1:]
        elif len(self._buffer) < 4:
            return False
        elif self._buffer[:4] in (b"\xee" * 4, b"\xdd" * 4):
            self._transport = "padded" if self._buffer[:1] == b"\xdd" else "intermediate"
            self._buffer = self._buffer[4:]
        else:
            self._transport = "full"
        return True

    def _next(self) -> bytes | None:
        """The next whole message, without its frame."""
        header = self._header()
        if header is None:
            return None
        start, length, trailer = header
        if length > _MAX_MESSAGE:
            raise ProtocolError("a length that no request has")
        if len(self._buffer) < start + length + trailer:
            return None
        payload = self._buffer[start : start + length]
        self._buffer = self._buffer[start + length + trailer :]
        return payload

    def _header(self) -> tuple[int, int, int] | None:
        """Bytes before the payload, of it, and after it."""
        if self._transport == "abridged":
            if not self._buffer:
                return None
            if self._buffer[0] != 0x7F:
                return 1, self._buffer[0] * 4, 0
            if len(self._buffer) < 4:
                return None
            return 4, int.from_bytes(self._buffer[1:4], "little") * 4, 0
        if len(self._buffer) < 4:
            return None
        length = int.from_bytes(self._buffer[:4], "little")
        if self._transport == "full":
            if length < 12:
                raise ProtocolError("a length that no full frame has")
            return 8, length - 12, 4
        return 4, length, 0

    def _wrap(self, payload: bytes) -> bytes:
        if self._transport == "abridged":
            return bytes([len(payload) // 4]) + payload
        if self._transport == "full":
            frame = struct.pack("<ii", len(payload) + 12, self._sequence) + payload
            self._sequence += 1
            return frame + struct.pack("<I", zlib.crc32(frame))
        return struct.pack("<i", len(payload)) + payload


class DataCentreProtocol(asyncio.Protocol):
    """A `DataCentre` on a connection."""

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        self._state = DataCentre(random_bytes)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        try:
            self._transport.write(self._state.feed(data))
        except ProtocolError:
            self._transport.close()
