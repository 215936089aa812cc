"""Names out of TLS, QUIC, HTTP and DNS bytes."""

import ssl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.censor.dns_wire import answer, question_of_stream, read_question
from lab.censor.http_host import host_of_stream
from lab.censor.names import MORE, address_matches, name_matches, networks
from lab.censor.quic_sni import QuicReader
from lab.censor.reading import DnsReader, Sighting, Stream, TcpReader
from lab.censor.tls_sni import sni_of_hello, sni_of_stream
from lab.packets import PSH, SYN, Ends, parse, tcp

NAME = "www.blocked.test"


def hello(name: str | None = NAME) -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    connection = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()


def datagrams(name: str = NAME, *, big: bool = False) -> list[bytes]:
    """What a QUIC client says first; `big` makes a ClientHello that does not fit one datagram."""
    from aioquic.quic.configuration import QuicConfiguration
    from aioquic.quic.connection import QuicConnection

    alpn = [f"{number:0250}" for number in range(8)] if big else ["h3"]
    client = QuicConnection(configuration=QuicConfiguration(server_name=name, alpn_protocols=alpn))
    client.connect(("192.0.2.1", 443), 0.0)
    return [data for data, _ in client.datagrams_to_send(0.0)]


def test_a_hello_shows_its_name() -> None:
    assert sni_of_stream(hello()) == NAME
    assert sni_of_stream(hello(None)) == ""


@settings(deadline=None)
@given(st.integers(0, 600))
def test_a_part_of_a_hello_shows_its_name_or_asks_for_more(length: int) -> None:
    assert sni_of_stream(hello()[:length]) in (MORE, NAME)


@settings(deadline=None)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=8))
def test_a_hello_may_be_cut_into_records_anywhere(sizes: list[int]) -> None:
    message, records = hello()[5:], b""
    for size in (*sizes, len(message)):
        piece, message = message[:size], message[size:]
        records += b"\x16\x03\x01" + len(piece).to_bytes(2, "big") + piece
    assert sni_of_stream(records) == NAME


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_upset_the_readers(data: bytes) -> None:
    for read in (sni_of_stream, sni_of_hello, host_of_stream, read_question, question_of_stream):
        read(data)
        read(b"\x16\x03\x01" + data)
    QuicReader().feed(data)
    QuicReader().feed(b"\xc0\0\0\0\1\x08" + data)


@settings(deadline=None)
@given(st.integers(0, 1199), st.integers(0, 255))
def test_no_changed_byte_upsets_the_quic_reader(at: int, byte: int) -> None:
    data = bytearray(datagrams()[0])
    data[at] = byte
    assert QuicReader().feed(bytes(data)) in (None, MORE, NAME)


def test_an_initial_shows_its_name() -> None:
    assert QuicReader().feed(datagrams()[0]) == NAME


@pytest.mark.parametrize("order", [1, -1], ids=["in order", "reversed"])
def test_a_hello_over_several_datagrams_shows_its_name_once_it_is_whole(order: int) -> None:
    parts = datagrams(big=True)[::order]
    assert len(parts) > 1
    reader = QuicReader()
    answers = [reader.feed(part) for part in parts]
    assert answers[-1] == NAME
    assert answers[0] in (MORE, NAME)


REQUESTS = {
    "a request": (b"GET / HTTP/1.1\r\nUser-Agent: x\r\nHost: Blocked.test:8080\r\n\r\n", "blocked.test"),
    "a request that goes on": (b"GET / HTTP/1.1\r\nHost: bloc", MORE),
    "the beginning of a method": (b"GE", MORE),
    "a request without a host": (b"GET / HTTP/1.0\r\n\r\n", ""),
    "something else": (b"SSH-2.0-x\r\n", None),
}


@pytest.mark.parametrize(("data", "host"), REQUESTS.values(), ids=REQUESTS)
def test_the_host_of(data: bytes, host: object) -> None:
    assert host_of_stream(data) == host


def test_a_forged_answer_is_one_that_dnspython_reads() -> None:
    import dns.message
    import dns.rcode

    question = read_question(dns.message.make_query(NAME, "AAAA").to_wire())
    assert question is not None
    assert (question.name, question.kind) == (NAME, "AAAA")
    read = dns.message.from_wire(
        answer(question, rcode="NOERROR", addresses=("10.0.0.1", "2001:db8::1"), ttl=60)
    )
    assert [str(item) for item in read.answer[0]] == ["2001:db8::1"]
    denied = dns.message.from_wire(answer(question, rcode="NXDOMAIN", addresses=(), ttl=60))
    assert denied.rcode() == dns.rcode.NXDOMAIN


@settings(deadline=None)
@given(st.permutations(range(6)), st.integers(0, 2**32 - 1))
def test_segments_in_any_order_make_the_stream(order: list[int], start: int) -> None:
    data = bytes(range(60))
    stream = Stream(start)
    for part in order:
        stream.feed((start + part * 10) & 0xFFFFFFFF, data[part * 10 : part * 10 + 13])
    assert stream.data == data


ENDS = Ends(b"\x0a\0\0\1", 4000, b"\xc0\0\2\7", 443)


def test_a_box_that_reads_one_segment_misses_a_name_in_the_second() -> None:
    words, first = hello(), 1000
    cut = words.index(b"blocked")
    reader = TcpReader(443, first)
    for sequence, part in ((first + 1 + cut, words[cut:]), (first + 1, words[:cut])):
        packet = parse(tcp(ENDS, sequence, 1, PSH, part))
        assert packet is not None
        reader.feed(packet)
    assert reader.seen("first_segment") is None
    assert reader.seen("stream") == Sighting("sni", NAME)


def test_a_tcp_fast_open_hello_in_the_syn_is_read() -> None:
    packet = parse(tcp(ENDS, 1000, 0, SYN, hello()))
    assert packet is not None
    reader = TcpReader(443, 1000)
    reader.feed(packet)
    assert reader.seen("stream") == Sighting("sni", NAME)


def test_each_dns_datagram_has_a_name_of_its_own() -> None:
    import dns.message

    reader = DnsReader()
    ends = Ends(ENDS.source, 4000, ENDS.destination, 53)
    from lab.packets import udp

    for name in ("a.test", "b.test"):
        packet = parse(udp(ends, dns.message.make_query(name, "A").to_wire()))
        assert packet is not None
        reader.feed(packet)
        assert reader.seen("stream") == Sighting("dns", name, "A")


PATTERNS = [
    (("a.test",), "A.test.", True),
    (("a.test",), "b.a.test", False),
    (("*.a.test",), "b.a.test", True),
    (("*.a.test",), "a.test", False),
    (("*.a.test",), "nota.test", False),
    (("*",), "anything.test", True),
    (("*",), "", False),
]


@pytest.mark.parametrize(("patterns", "name", "matches"), PATTERNS)
def test_names_against_patterns(patterns: tuple[str, ...], name: str, matches: bool) -> None:
    assert name_matches(patterns, name) is matches


def test_addresses_against_prefixes() -> None:
    known = networks(("192.0.2.0/24", "2001:db8::7"))
    assert address_matches(known, b"\xc0\0\2\7")
    assert not address_matches(known, b"\xc0\0\3\7")
    assert not address_matches(known, bytes(16))
