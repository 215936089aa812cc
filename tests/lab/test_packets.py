import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.packets import (
    ACK,
    SYN,
    Ends,
    checksum,
    icmp,
    ip,
    parse,
    tcp,
    time_exceeded,
    udp,
    unreachable,
    window_scale,
    with_ttl,
)

V4 = Ends(socket.inet_aton("10.0.0.1"), 40000, socket.inet_aton("192.0.2.7"), 443)
V6 = Ends(
    socket.inet_pton(socket.AF_INET6, "2001:db8::1"),
    40000,
    socket.inet_pton(socket.AF_INET6, "2001:db8::7"),
    53,
)


@pytest.mark.parametrize("ends", [V4, V6], ids=["ipv4", "ipv6"])
def test_what_is_written_is_read_back(ends: Ends) -> None:
    segment = parse(tcp(ends, 5, 9, SYN | ACK, b"body", window=77, options=b"\x02\x04\x05\xb4", ttl=9))
    assert segment is not None
    assert (segment.source, segment.destination_port, segment.ttl) == (ends.source, ends.destination_port, 9)
    assert (segment.sequence, segment.acknowledgement, segment.flags, segment.window) == (5, 9, SYN | ACK, 77)
    assert segment.body == b"body"
    assert segment.next_sequence == 10
    datagram = parse(udp(ends, b"question"))
    assert datagram is not None
    assert datagram.body == b"question"


@settings(deadline=None)
@given(st.binary(max_size=1500), st.integers(0, 255), st.sampled_from([V4, V6]))
def test_checksums_agree_with_an_independent_implementation(body: bytes, ttl: int, ends: Ends) -> None:
    from scapy.layers.inet import IP, TCP
    from scapy.layers.inet6 import IPv6

    data = with_ttl(tcp(ends, 1, 2, ACK, body), ttl)
    kind = IP if len(ends.source) == 4 else IPv6
    theirs = kind(data)
    del theirs[TCP].chksum
    if kind is IP:
        del theirs.chksum
    assert bytes(theirs) == data


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_upset_the_reader(data: bytes) -> None:
    parse(data)


@settings(deadline=None)
@given(st.integers(0, 60), st.sampled_from([V4, V6]), st.integers(0, 255))
def test_no_broken_packet_upsets_the_reader(cut: int, ends: Ends, byte: int) -> None:
    data = bytearray(tcp(ends, 1, 2, SYN, options=b"\x03\x03\x07"))
    data[cut % len(data)] = byte
    for packet in (parse(bytes(data)), parse(bytes(data[:cut]))):
        if packet is not None:
            window_scale(packet)


SCALES = {
    "alone": (b"\x03\x03\x07", 7),
    "after others": (b"\x02\x04\x05\xb4\x01\x03\x03\x09", 9),
    "none": (b"", None),
    "after the end": (b"\x00\x03\x03\x07", None),
    "broken": (b"\x08\x00\x01\x01", None),
}


@pytest.mark.parametrize(("options", "scale"), SCALES.values(), ids=SCALES)
def test_the_window_scale_of_a_syn(options: bytes, scale: int | None) -> None:
    syn = parse(tcp(V4, 1, 0, SYN, options=options))
    assert syn is not None
    assert window_scale(syn) == scale


def test_the_checksum_of_rfc_1071() -> None:
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2


def test_icmp_errors_quote_the_packet() -> None:
    lost = udp(V4, b"question", ttl=1)
    router = socket.inet_aton("10.99.0.1")
    expired, refused = time_exceeded(router, lost), unreachable(router, lost, "port")
    assert (expired[12:16], expired[20:22], refused[20:22]) == (router, b"\x0b\x00", b"\x03\x03")
    assert lost in expired
    assert checksum(expired[20:]) == 0


def test_an_extension_header_is_passed_over() -> None:
    hop_by_hop = b"\x11\x00\x01\x04\x00\x00\x00\x00"
    packet = parse(ip(V6.source, V6.destination, 0, hop_by_hop + udp(V6, b"x")[40:]))
    assert packet is not None
    assert (packet.protocol, packet.body) == (17, b"x")


def test_a_later_fragment_has_no_ports() -> None:
    data = bytearray(udp(V4, b"x" * 64))
    data[6:8] = b"\x00\x10"
    packet = parse(bytes(data))
    assert packet is not None
    assert packet.later_fragment
    assert packet.source_port == 0


def test_an_icmpv6_message_has_a_checksum_over_its_pseudo_header() -> None:
    message = icmp(V6.source, V6.destination, 128, 0, b"\0\0\0\0", b"ping")
    pseudo = V6.source + V6.destination + len(message[40:]).to_bytes(4, "big") + b"\0\0\0\x3a"
    assert checksum(pseudo + message[40:]) == 0
