"""The names that a box reads in what a client sends. Pure."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from lab.censor.dns_wire import question_of_stream, read_question
from lab.censor.http_host import host_of_stream
from lab.censor.names import MORE, More
from lab.censor.tls_sni import sni_of_stream
from lab.packets import SYN, TCP, Packet

if TYPE_CHECKING:
    from lab.censor.quic_sni import QuicReader

DNS_PORT = 53

# What a box keeps of a stream in the hope of a name. Browsers' ClientHellos have 2 kB, servers take headers of 8 to 16.
_LONGEST_STREAM = 32_768

Kind = Literal["dns", "sni", "quic_sni", "host"]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A name and where it stood."""

    kind: Kind
    name: str
    dns_type: str | None = None


Seen = Sighting | None | More  # None: there is none, and none will come

_READERS: Final[tuple[tuple[Kind, Callable[[bytes], str | More | None]], ...]] = (
    ("sni", sni_of_stream),
    ("host", host_of_stream),
)


class Stream:
    """A TCP client's bytes in order, from segments in any order."""

    def __init__(self, start: int) -> None:
        self._start = start
        self._pieces: dict[int, bytes] = {}
        self.data = b""

    def feed(self, sequence: int, body: bytes) -> None:
        # Sequence numbers wrap; a distance of half their range and more lies behind
        offset = (sequence - self._start) & 0xFFFFFFFF
        if offset >= 1 << 31:
            body, offset = body[(1 << 32) - offset :], 0
        if offset > _LONGEST_STREAM:
            return
        self._pieces[offset] = max(body, self._pieces.get(offset, b""), key=len)
        for at in sorted(self._pieces):
            if at > len(self.data):
                break
            self.data += self._pieces.pop(at)[len(self.data) - at :]


class Reader(ABC):
    """What one box has read of one flow: in its first packet with payload, and in all of them put together."""

    first: Seen = MORE
    whole: Seen = MORE

    @abstractmethod
    def feed(self, packet: Packet) -> None:
        """Take the flow's next packet."""

    def seen(self, reassembly: str) -> Seen:
        return self.first if reassembly == "first_segment" else self.whole


class TcpReader(Reader):
    """TLS, clear-text HTTP or DNS over TCP, as the client speaks; `client_first` is its SYN's sequence number."""

    def __init__(self, port: int, client_first: int) -> None:
        self._port = port
        self.stream = Stream((client_first + 1) & 0xFFFFFFFF)

    def feed(self, packet: Packet) -> None:
        body = packet.body
        if not body:
            return
        if self.first is MORE:
            first = self._read(body)
            self.first = None if first is MORE else first
        if self.whole is MORE:
            self.stream.feed(packet.sequence + bool(packet.flags & SYN), body)
            self.whole = self._read(self.stream.data)
            if self.whole is MORE and len(self.stream.data) > _LONGEST_STREAM:
                self.whole = None

    def _read(self, data: bytes) -> Seen:
        if self._port == DNS_PORT:
            question = question_of_stream(data)
            return Sighting("dns", question.name, question.kind) if question else MORE
        for kind, read in _READERS:
            found = read(data)
            if found is MORE:
                return MORE
            if found is not None:
                return Sighting(kind, found)
        return None


class DnsReader(Reader):
    """DNS: each datagram has a name of its own."""

    def feed(self, packet: Packet) -> None:
        question = read_question(packet.body)
        self.first = self.whole = Sighting("dns", question.name, question.kind) if question else None


class QuicFlowReader(Reader):
    """QUIC: a flow has one name, in its first datagrams."""

    def __init__(self) -> None:
        self._quic = new_quic_reader()

    def feed(self, packet: Packet) -> None:
        if self.whole is not MORE:
            return
        found = self._quic.feed(packet.body)
        self.whole = Sighting("quic_sni", found) if isinstance(found, str) else found
        if self.first is MORE:
            self.first = None if self.whole is MORE else self.whole


def new_quic_reader() -> "QuicReader":
    """A reader; the first one loads `cryptography`, which takes a tenth of a second and most scenarios do without."""
    from lab.censor.quic_sni import QuicReader

    return QuicReader()


def reader_for(packet: Packet, client_first: int) -> Reader:
    """For a flow whose client's initial sequence number (TCP) is `client_first`."""
    port = packet.destination_port
    if packet.protocol == TCP:
        return TcpReader(port, client_first)
    return DnsReader() if port == DNS_PORT else QuicFlowReader()
