"""What somebody on the line sees of one subscriber: names, ends and times, out of a capture."""

import ipaddress
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lab.censor.dns_wire import read_question
from lab.censor.http_host import host_of_stream
from lab.censor.names import MORE
from lab.censor.quic_sni import QuicReader
from lab.censor.tls_sni import sni_of_stream
from lab.packets import ACK, SYN, TCP, UDP, Packet, parse

End = tuple[int, str, int]  # protocol, address, port


@dataclass
class Seen:
    """All that left the subscriber; times in Unix seconds."""

    ends: set[End] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)  # names in questions
    greeted: dict[str, list[float]] = field(default_factory=dict)  # name in a greeting -> when
    opened: dict[End, list[float]] = field(default_factory=dict)  # TCP connection attempts
    clear: set[str] = field(default_factory=set)  # hosts of requests that anybody can read


def packets(file: Path) -> Iterator[tuple[float, Packet]]:
    """Of a capture that `lab.path.capture` wrote."""
    data, at = file.read_bytes(), 24
    while at < len(data):
        seconds, part, size, _ = struct.unpack_from("=IIII", data, at)
        packet = parse(data[at + 16 : at + 16 + size])
        assert packet is not None
        yield seconds + part / 1e6, packet
        at += 16 + size


def seen_of(captured: Iterable[tuple[float, Packet]], subscriber: Iterable[str]) -> Seen:
    """What these addresses sent."""
    own = {ipaddress.ip_address(each).packed for each in subscriber}
    seen, readers = Seen(), {}
    for at, packet in captured:
        if packet.source not in own:
            continue
        end = (packet.protocol, str(ipaddress.ip_address(packet.destination)), packet.destination_port)
        seen.ends.add(end)
        if packet.protocol == TCP and packet.flags & (SYN | ACK) == SYN:
            seen.opened.setdefault(end, []).append(at)
        if packet.protocol == UDP and packet.destination_port == 53:
            question = read_question(packet.body)
            assert question is not None
            seen.asked.add(question.name)
        elif packet.body and packet.protocol in (TCP, UDP):
            flow = (*end, packet.source_port)
            reader = readers.setdefault(flow, _Greeting(packet.protocol))
            reader.feed(packet.body, at, seen)
    return seen


class _Greeting:
    """Reads a flow's first bytes until they name somebody, or turn out to be none."""

    def __init__(self, protocol: int) -> None:
        self._quic = QuicReader() if protocol == UDP else None
        self._data, self._done = b"", False

    def feed(self, data: bytes, at: float, seen: Seen) -> None:
        if self._done:
            return
        self._data += data
        name = self._quic.feed(data) if self._quic else sni_of_stream(self._data)
        self._done = name is not MORE
        if isinstance(name, str):
            seen.greeted.setdefault(name, []).append(at)
        elif self._done:
            seen.clear.add(str(host_of_stream(data)))
