"""DNS questions as a box on the path reads them, and the answers it forges. Pure. RFC 1035 section 4.

Own code in place of dnspython: a box must answer from broken or unusual questions, too, and reads every datagram.
"""

import ipaddress
import struct
from collections.abc import Sequence
from dataclasses import dataclass

_RCODES = {"NOERROR": 0, "SERVFAIL": 2, "NXDOMAIN": 3, "REFUSED": 5}
_TYPES = {1: "A", 2: "NS", 5: "CNAME", 15: "MX", 16: "TXT", 28: "AAAA", 64: "SVCB", 65: "HTTPS", 255: "ANY"}
_RESPONSE, _RECURSION_DESIRED, _RECURSION_AVAILABLE = 0x8000, 0x0100, 0x0080
_POINTER_TO_QUESTION = b"\xc0\x0c"
_ADDRESS_TYPES = {"A": 4, "AAAA": 6}


@dataclass(frozen=True, slots=True)
class Question:
    """The first question of a message."""

    identifier: int
    flags: int
    name: str  # lower case, without the last dot
    kind: str  # "A", "AAAA" ..., or "TYPE123"
    wire: bytes  # name, type and class as they came


def read_question(message: bytes) -> Question | None:
    """None for what is no query."""
    if len(message) < 17:
        return None
    identifier, flags, count = struct.unpack_from(">HHH", message)
    if flags & _RESPONSE or count == 0:
        return None
    labels, at = [], 12
    while at < len(message) and message[at]:
        size = message[at]
        if size > 63:
            return None  # a question holds no pointer
        labels.append(message[at + 1 : at + 1 + size])
        at += 1 + size
    if at + 5 > len(message):
        return None
    kind = int.from_bytes(message[at + 1 : at + 3], "big")
    return Question(
        identifier=identifier,
        flags=flags,
        name=b".".join(labels).decode("latin-1").lower(),
        kind=_TYPES.get(kind, f"TYPE{kind}"),
        wire=message[12 : at + 5],
    )


def answer(question: Question, *, rcode: str, addresses: Sequence[str], ttl: int) -> bytes:
    """A resolver's answer: `addresses` of the family asked for, each living `ttl` seconds."""
    version = _ADDRESS_TYPES.get(question.kind)
    parsed = [ipaddress.ip_address(address) for address in addresses]
    records = b"".join(
        _POINTER_TO_QUESTION
        + question.wire[-4:]
        + struct.pack(">IH", ttl, len(address.packed))
        + address.packed
        for address in parsed
        if address.version == version
    )
    count = sum(address.version == version for address in parsed)
    flags = _RESPONSE | (question.flags & _RECURSION_DESIRED) | _RECURSION_AVAILABLE | _RCODES[rcode]
    head = struct.pack(">HHHHHH", question.identifier, flags, 1, count, 0, 0)
    return head + question.wire + records


def question_of_stream(data: bytes) -> Question | None:
    """The first question of a TCP stream (RFC 7766: two bytes of length first); None while it is not all there."""
    if len(data) < 2:
        return None
    length = int.from_bytes(data[:2], "big")
    return read_question(data[2 : 2 + length]) if len(data) >= 2 + length else None
