"""Our own ClientHello, read back: its size, and its JA4 fingerprint as a censor would compute it.

JA4 by FoxIO's technical description (github.com/FoxIO-LLC/ja4, technical_details/JA4.md; BSD-licensed part).
"""

import hashlib
from dataclasses import dataclass
from typing import Final

_SNI, _SIGNATURE_ALGORITHMS, _ALPN, _SUPPORTED_VERSIONS = 0, 13, 16, 43  # RFC 8446, section 4.2
_VERSIONS: Final[dict[int, str]] = {0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3"}


class _Truncated(Exception):
    pass


class _Reader:
    """Takes length-prefixed fields off a byte string."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        piece = self.data[self.at : self.at + count]
        if len(piece) < count:
            raise _Truncated
        self.at += count
        return piece

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        return self.take(self.number(size))


@dataclass(frozen=True)
class ClientHello:
    """The parts of a ClientHello that fingerprints are made of."""

    version: int
    ciphers: tuple[int, ...]
    extensions: tuple[tuple[int, bytes], ...]  # type and body, in the order sent

    def body(self, kind: int) -> bytes | None:
        """Body of the first extension of this type."""
        return next((body for number, body in self.extensions if number == kind), None)


def parse(record: bytes) -> ClientHello | None:
    """The ClientHello in a TLS record (one that may span several records is not ours); None if it is none."""
    try:
        reader = _Reader(record)
        if reader.number(1) != 22:
            return None
        reader.take(2)
        reader = _Reader(reader.vector(2))
        if reader.number(1) != 1:
            return None
        reader = _Reader(reader.vector(3))
        version = reader.number(2)
        reader.take(32)  # random
        reader.vector(1)  # session id
        ciphers = _numbers(reader.vector(2))
        reader.vector(1)  # compression
        rest = _Reader(reader.vector(2)) if reader.at < len(reader.data) else _Reader(b"")
        extensions = []
        while rest.at < len(rest.data):
            extensions.append((rest.number(2), rest.vector(2)))
    except _Truncated:
        return None
    return ClientHello(version, ciphers, tuple(extensions))


def ja4(hello: ClientHello) -> str:
    """JA4 of a ClientHello over TCP."""
    ciphers = [f"{number:04x}" for number in hello.ciphers if not _is_grease(number)]
    kinds = [number for number, _ in hello.extensions if not _is_grease(number)]
    sni = "d" if _SNI in kinds else "i"
    head = f"t{_version(hello)}{sni}{min(len(ciphers), 99):02}{min(len(kinds), 99):02}{_alpn(hello)}"
    listed = ",".join(f"{kind:04x}" for kind in sorted(kinds) if kind not in (_SNI, _ALPN))
    algorithms = _numbers((hello.body(_SIGNATURE_ALGORITHMS) or b"")[2:])
    if algorithms:
        listed += "_" + ",".join(f"{number:04x}" for number in algorithms)
    return f"{head}_{_digest(','.join(sorted(ciphers)))}_{_digest(listed)}"


def _numbers(data: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data) - 1, 2))


def _is_grease(number: int) -> bool:
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF  # RFC 8701


def _version(hello: ClientHello) -> str:
    listed = _numbers((hello.body(_SUPPORTED_VERSIONS) or b"")[1:])
    best = max((number for number in listed if not _is_grease(number)), default=hello.version)
    return _VERSIONS.get(best, "00")


def _alpn(hello: ClientHello) -> str:
    """First and last character of the first protocol offered, hex digits where they are not alphanumeric."""
    body = hello.body(_ALPN) or b""
    name = body[3 : 3 + body[2]] if len(body) > 2 else b""
    if not name:
        return "00"
    first, last = name[:1], name[-1:]
    if (first + last).isalnum():
        return (first + last).decode("ascii")
    return first.hex()[0] + last.hex()[1]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else "0" * 12
