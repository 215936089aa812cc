"""IPv4, IPv6, TCP, UDP and ICMP as bytes: read and written, with checksums. Pure.

Addresses are packed bytes (4 or 16), ports and sequence numbers are ints. Nothing here raises on foreign bytes: what
cannot be read is `None`.
"""

import struct
from dataclasses import dataclass

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10

# RFC 8200: hop-by-hop, routing, destination options; each (next header, length in 8 octets past the first)
_EXTENSIONS = (0, 43, 60)
_FRAGMENT = 44  # the fragment header's number


@dataclass(slots=True)
class Packet:
    """One IP packet, read once. Offsets point into `data`."""

    data: bytes
    version: int  # 4 or 6
    protocol: int  # of the transport
    source: bytes
    destination: bytes
    ttl: int
    transport: int  # offset of the transport header
    payload: int  # offset of the transport's payload (of the transport header where it is unknown)
    end: int  # length by the IP header; padding after it is not ours
    later_fragment: bool = False  # has no transport header
    source_port: int = 0
    destination_port: int = 0
    sequence: int = 0
    acknowledgement: int = 0
    flags: int = 0
    window: int = 0

    @property
    def body(self) -> bytes:
        return self.data[self.payload : self.end]

    @property
    def body_length(self) -> int:
        return self.end - self.payload

    @property
    def next_sequence(self) -> int:
        """Sequence number that follows this TCP segment."""
        used = self.body_length + bool(self.flags & SYN) + bool(self.flags & FIN)
        return (self.sequence + used) & 0xFFFFFFFF


def parse(data: bytes) -> Packet | None:
    """Read a packet; None for what is no complete IPv4 or IPv6 packet."""
    try:
        packet = _parse_ipv4(data) if data[0] >> 4 == 4 else _parse_ipv6(data)
        if packet is not None and not packet.later_fragment:
            _parse_transport(packet)
    except (IndexError, struct.error):
        return None
    return packet


def _parse_ipv4(data: bytes) -> Packet | None:
    header = (data[0] & 15) * 4
    total, fragment = struct.unpack_from(">H2xH", data, 2)
    if header < 20 or not header <= total <= len(data):
        return None
    return Packet(
        data=data,
        version=4,
        protocol=data[9],
        source=data[12:16],
        destination=data[16:20],
        ttl=data[8],
        transport=header,
        payload=header,
        end=total,
        later_fragment=bool(fragment & 0x1FFF),
    )


def _parse_ipv6(data: bytes) -> Packet | None:
    length, protocol, ttl = struct.unpack_from(">HBB", data, 4)
    end = 40 + length
    if data[0] >> 4 != 6 or end > len(data):
        return None
    offset, later = 40, False
    while protocol in _EXTENSIONS or protocol == _FRAGMENT:
        if protocol == _FRAGMENT:
            later = bool(struct.unpack_from(">H", data, offset + 2)[0] & 0xFFF8)
            protocol, offset = data[offset], offset + 8
            if later:
                break
        else:
            protocol, offset = data[offset], offset + 8 * (data[offset + 1] + 1)
    if offset > end:
        return None
    return Packet(
        data=data,
        version=6,
        protocol=protocol,
        source=data[8:24],
        destination=data[24:40],
        ttl=ttl,
        transport=offset,
        payload=offset,
        end=end,
        later_fragment=later,
    )


def _parse_transport(packet: Packet) -> None:
    start = packet.transport
    if packet.protocol == TCP:
        ports = struct.unpack_from(">HHIIBBH", packet.data, start)
        packet.source_port, packet.destination_port, packet.sequence, packet.acknowledgement = ports[:4]
        packet.flags, packet.window = ports[5], ports[6]
        packet.payload = min(start + (ports[4] >> 4) * 4, packet.end)
    elif packet.protocol == UDP:
        packet.source_port, packet.destination_port = struct.unpack_from(">HH", packet.data, start)
        packet.payload = min(start + 8, packet.end)


_END, _PADDING, _WINDOW_SCALE = 0, 1, 3


def window_scale(syn: Packet) -> int | None:
    """The shift that a SYN offers for window sizes (RFC 7323); None where it offers none."""
    options = syn.data[syn.transport + 20 : syn.payload]
    at = 0
    while at < len(options) and options[at] != _END:
        if options[at] == _PADDING:
            at += 1
            continue
        if at + 2 >= len(options) or options[at + 1] < 2:
            return None
        if options[at] == _WINDOW_SCALE:
            return options[at + 2]
        at += options[at + 1]
    return None


# --- checksums --------------------------------------------------------------------------------------------------------


def checksum(data: bytes) -> int:
    """RFC 1071. A big integer modulo 2^16 - 1 is the one's complement sum of its 16-bit words."""
    if len(data) & 1:
        data += b"\0"
    return 0xFFFF - (int.from_bytes(data, "big") % 0xFFFF or 0xFFFF)


def _pseudo_header(source: bytes, destination: bytes, protocol: int, length: int) -> bytes:
    if len(source) == 4:
        return source + destination + struct.pack(">BBH", 0, protocol, length)
    return source + destination + struct.pack(">IHBB", length, 0, 0, protocol)


def with_ttl(data: bytes, ttl: int) -> bytes:
    """The same packet with another TTL (hop limit); the IPv4 checksum is updated as in RFC 1624."""
    if data[0] >> 4 == 6:
        return b"%b%c%b" % (data[:7], ttl, data[8:])
    total = (data[10] << 8 | data[11]) + ((data[8] - ttl) << 8)
    total = (total & 0xFFFF) + (total >> 16)
    return b"%b%c%c%c%c%b" % (data[:8], ttl, data[9], total >> 8 & 0xFF, total & 0xFF, data[12:])


# --- writing ----------------------------------------------------------------------------------------------------------


def ip(source: bytes, destination: bytes, protocol: int, payload: bytes, ttl: int = 64) -> bytes:
    """An IPv4 or IPv6 packet, by the addresses' length."""
    if len(source) == 16:
        return struct.pack(">IHBB", 6 << 28, len(payload), protocol, ttl) + source + destination + payload
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0x4000, ttl, protocol, 0)
    total = checksum(head + source + destination)
    return head[:10] + total.to_bytes(2, "big") + source + destination + payload


def _with_checksum(
    header: bytes, at: int, source: bytes, destination: bytes, protocol: int, payload: bytes
) -> bytes:
    segment = header + payload
    total = checksum(_pseudo_header(source, destination, protocol, len(segment)) + segment)
    if protocol == UDP:
        total = total or 0xFFFF  # RFC 768: 0 means "no checksum"
    return segment[:at] + total.to_bytes(2, "big") + segment[at + 2 :]


@dataclass(frozen=True, slots=True)
class Ends:
    """Who a forged packet claims to come from, and whom it goes to."""

    source: bytes
    source_port: int
    destination: bytes
    destination_port: int

    def reversed(self) -> "Ends":
        return Ends(self.destination, self.destination_port, self.source, self.source_port)


def ends_of(packet: Packet) -> Ends:
    """The packet's own ends, its sender as the source."""
    return Ends(packet.source, packet.source_port, packet.destination, packet.destination_port)


def tcp(
    ends: Ends,
    sequence: int,
    acknowledgement: int,
    flags: int,
    payload: bytes = b"",
    *,
    window: int = 0,
    options: bytes = b"",
    ttl: int = 64,
) -> bytes:
    """A TCP segment in its IP packet; `options` is padded to a multiple of four."""
    options += b"\0" * (-len(options) % 4)
    header = struct.pack(
        ">HHIIBBHHH",
        ends.source_port,
        ends.destination_port,
        sequence & 0xFFFFFFFF,
        acknowledgement & 0xFFFFFFFF,
        (20 + len(options)) << 2,
        flags,
        window,
        0,
        0,
    )
    segment = _with_checksum(header + options, 16, ends.source, ends.destination, TCP, payload)
    return ip(ends.source, ends.destination, TCP, segment, ttl)


def udp(ends: Ends, payload: bytes, *, ttl: int = 64) -> bytes:
    """A UDP datagram in its IP packet."""
    header = struct.pack(">HHHH", ends.source_port, ends.destination_port, 8 + len(payload), 0)
    segment = _with_checksum(header, 6, ends.source, ends.destination, UDP, payload)
    return ip(ends.source, ends.destination, UDP, segment, ttl)


def icmp(source: bytes, destination: bytes, kind: int, code: int, rest: bytes, body: bytes) -> bytes:
    """An ICMP or ICMPv6 message, by the addresses' length; `rest` is the header's last four bytes."""
    header = struct.pack(">BBH", kind, code, 0) + rest
    if len(source) == 16:
        message = _with_checksum(header, 2, source, destination, ICMPV6, body)
        return ip(source, destination, ICMPV6, message)
    total = checksum(header + body)
    return ip(source, destination, ICMP, header[:2] + total.to_bytes(2, "big") + header[4:] + body)


# "network", "host", "port", "prohibited" (RFC 792 and RFC 1812; RFC 4443 section 3.1)
_UNREACHABLE_V4 = {"network": 0, "host": 1, "port": 3, "prohibited": 13}
_UNREACHABLE_V6 = {"network": 0, "host": 3, "port": 4, "prohibited": 1}

# RFC 4443: as much of the packet as fits the minimum MTU of 1280; RFC 1812: as much as fits 576
_QUOTE_V4, _QUOTE_V6 = 548, 1232


def time_exceeded(router: bytes, data: bytes) -> bytes:
    """What `router` says to the sender of a packet whose TTL ended there."""
    return _error(router, data, 11 if len(router) == 4 else 3, 0)


def unreachable(router: bytes, data: bytes, code: str) -> bytes:
    """ "Destination unreachable" with one of the four codes of `lab.scenario.Unreachable`."""
    if len(router) == 4:
        return _error(router, data, 3, _UNREACHABLE_V4[code])
    return _error(router, data, 1, _UNREACHABLE_V6[code])


def _error(router: bytes, data: bytes, kind: int, code: int) -> bytes:
    if len(router) == 4:
        return icmp(router, data[12:16], kind, code, bytes(4), data[:_QUOTE_V4])
    return icmp(router, data[8:24], kind, code, bytes(4), data[:_QUOTE_V6])
