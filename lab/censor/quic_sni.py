"""The server_name out of a client's first QUIC version 1 datagrams. Pure.

RFC 9001 section 5.2: Initial packets are encrypted with keys that everyone can derive from the connection id, so a box
reads them as easily as TLS over TCP. The ClientHello may be cut into CRYPTO frames in any order, over several packets
and datagrams.
"""

import hashlib
import hmac
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lab.censor.names import More
from lab.censor.tls_sni import sni_of_hello

# RFC 9001 section 5.2
_SALT = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
_VERSION_1 = b"\0\0\0\1"
_PADDING, _PING, _ACK, _ACK_ECN, _CRYPTO = 0, 1, 2, 3, 6


def _expand(secret: bytes, label: bytes, length: int) -> bytes:
    """HKDF-Expand-Label of RFC 8446 section 7.1 for at most one hash's length."""
    label = b"tls13 " + label
    info = struct.pack(">HB", length, len(label)) + label + b"\0"
    return hmac.new(secret, info + b"\1", hashlib.sha256).digest()[:length]


class _Keys:
    def __init__(self, connection_id: bytes) -> None:
        initial = hmac.new(_SALT, connection_id, hashlib.sha256).digest()
        secret = _expand(initial, b"client in", 32)
        self.packets = AESGCM(_expand(secret, b"quic key", 16))
        self.iv = _expand(secret, b"quic iv", 12)
        # RFC 9001 section 5.4.3: a header mask is one block, so ECB is what the protocol asks for
        self.header = Cipher(algorithms.AES(_expand(secret, b"quic hp", 16)), modes.ECB())


def _variable(data: bytes, at: int) -> tuple[int, int]:
    """(value, offset after it) of a variable-length integer; RFC 9000 section 16."""
    length = 1 << (data[at] >> 6)
    if at + length > len(data):
        raise IndexError
    return int.from_bytes(data[at : at + length], "big") & ((1 << (8 * length - 2)) - 1), at + length


class QuicReader:
    """Reads the datagrams of one flow, client's side, in the order they come."""

    def __init__(self) -> None:
        # made from the first Initial's connection id; they do not change after it
        self._keys: _Keys | None = None
        self._pieces: dict[int, bytes] = {}

    def feed(self, datagram: bytes) -> str | More | None:
        """The name so far: "" for a ClientHello without one, None for what is no QUIC version 1 Initial."""
        try:
            read = self._packets(datagram)
        except (IndexError, InvalidTag):
            read = False
        if not read and not self._pieces:
            return None
        return sni_of_hello(self._contiguous())

    def _packets(self, data: bytes) -> bool:
        """Read all Initials of a datagram; False when there is none."""
        found = False
        while len(data) > 6 and data[0] & 0xF0 == 0xC0 and data[1:5] == _VERSION_1:
            data = self._initial(data)
            found = True
        return found

    def _initial(self, data: bytes) -> bytes:
        """Read one Initial, and give what follows it in the datagram. RFC 9000 section 17.2.2."""
        size = data[5]
        connection_id = data[6 : 6 + size]
        at = 6 + size
        at += 1 + data[at]  # source connection id
        token, at = _variable(data, at)
        length, start = _variable(data, at + token)
        end = start + length
        if end > len(data):
            raise IndexError
        if self._keys is None:
            self._keys = _Keys(connection_id)
        self._frames(_decrypt(self._keys, data, start, end))
        return data[end:]

    def _frames(self, plain: bytes) -> None:
        at = 0
        while at < len(plain):
            kind = plain[at]
            at += 1
            if kind == _CRYPTO:
                offset, at = _variable(plain, at)
                length, at = _variable(plain, at)
                self._pieces[offset] = max(plain[at : at + length], self._pieces.get(offset, b""), key=len)
                at += length
            elif kind in (_ACK, _ACK_ECN):
                at = _skip_ack(plain, at, kind == _ACK_ECN)
            elif kind not in (_PADDING, _PING):
                return  # CONNECTION_CLOSE: nothing of interest follows

    def _contiguous(self) -> bytes:
        joined = b""
        for offset, piece in sorted(self._pieces.items()):
            if offset > len(joined):
                break
            joined += piece[len(joined) - offset :]
        return joined


def _skip_ack(plain: bytes, at: int, ecn: bool) -> int:
    """RFC 9000 section 19.3."""
    _, at = _variable(plain, at)  # largest
    _, at = _variable(plain, at)  # delay
    ranges, at = _variable(plain, at)
    for _ in range(1 + 2 * ranges + 3 * ecn):
        _, at = _variable(plain, at)
    return at


def _decrypt(keys: _Keys, data: bytes, start: int, end: int) -> bytes:
    """Take off header protection, then decrypt. RFC 9001 sections 5.3 and 5.4. Raises InvalidTag."""
    sample = data[start + 4 : start + 20]
    if len(sample) < 16:
        raise IndexError
    mask = keys.header.encryptor().update(sample)
    first = data[0] ^ (mask[0] & 0x0F)
    size = (first & 3) + 1
    number = bytes(byte ^ masked for byte, masked in zip(data[start : start + size], mask[1:], strict=False))
    nonce = (int.from_bytes(keys.iv, "big") ^ int.from_bytes(number, "big")).to_bytes(12, "big")
    header = bytes([first]) + data[1:start] + number
    if end < start + size + 16:
        raise IndexError
    return keys.packets.decrypt(nonce, data[start + size : end], header)
