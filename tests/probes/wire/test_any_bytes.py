"""No input raises: every parser of network bytes, fed with noise and with broken copies of good messages."""

import gzip

import dns.message
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from probes import tcp_info
from probes.wire import certificates, client_hello, dns_message, html, mtproto, tls_records, urls
from probes.wire.http1 import ResponseReader
from tests.probes.test_telegram import res_pq
from tests.probes.wire.samples import LEAF, OPENSSL_HELLO

NOISE = st.binary(max_size=300)


def broken(good: bytes) -> st.SearchStrategy[bytes]:
    """`good`, cut short, or with some bytes put in place of others."""
    at = st.integers(0, len(good) - 1)
    patched = st.builds(
        lambda start, patch: good[:start] + patch + good[start + len(patch) :], at, st.binary(max_size=8)
    )
    return st.one_of(patched, st.builds(lambda end: good[:end], at), NOISE)


@given(broken(OPENSSL_HELLO))
def test_client_hello(data: bytes) -> None:
    hello = client_hello.parse(data)
    if hello is not None:
        assert len(client_hello.ja4(hello).split("_")[0]) == 10


@given(broken(bytes.fromhex("16030300040e000000" + "15030300020228")))
def test_tls_records(data: bytes) -> None:
    tls_records.looks_like_tls(data)
    alert = tls_records.plain_alert(data)
    assert alert is None or 0 <= alert <= 255


@given(st.text(max_size=40))
def test_alert_reasons(reason: str) -> None:
    tls_records.alert_of_reason(reason)


@given(broken(LEAF.public_bytes(Encoding.DER)))
def test_certificates(der: bytes) -> None:
    facts = certificates.describe((der, der))
    assert len(facts.sha256) == 2


@given(st.binary(max_size=600))
def test_tcp_info(data: bytes) -> None:
    assert all(value >= 0 for value in tcp_info.parse(data).values())


@given(broken(b'{"rtt": 0.07, "bytes_sent": 1000, "bytes_retrans": 50, "other": [1, {"x": null}]}'))
def test_tcp_info_as_our_server_tells_it(body: bytes) -> None:
    found = tcp_info.told(body)
    assert found is None or all(0 <= value <= 2**64 for value in found.values())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            b'{"rtt": 0.07, "bytes_sent": 1000, "name": 7, "min_rtt": "x"}',
            {"rtt": 0.07, "bytes_sent": 1000.0},
        ),
        (b'{"rtt": 1e999, "min_rtt": NaN, "bytes_sent": -1, "bytes_retrans": 1' + b"0" * 400 + b"}", {}),
        (b"[" * 200_000, None),
        (b"[1]", None),
        (b"\xff", None),
        (b"9" * 5000, None),
    ],
    ids=[
        "others are left out",
        "no kernel says so",
        "nested without end",
        "a list",
        "no text",
        "too long a number",
    ],
)
def test_what_our_server_tells_is_numbers_or_nothing(body: bytes, expected: dict[str, float] | None) -> None:
    assert tcp_info.told(body) == expected


@given(broken(res_pq(bytes(16))))
def test_res_pq(data: bytes) -> None:
    size = mtproto.packet_size(data)
    assert size is None or size >= 4
    mtproto.parse(data)


QUERY = dns_message.build("good.test", "A", 7)
ANSWER = dns.message.make_response(dns.message.from_wire(QUERY)).to_wire()


@given(broken(ANSWER))
def test_dns_answer(data: bytes) -> None:
    answer = dns_message.digest(data, "good.test", "A", 7, after=0.1)
    assert answer.size == len(data)
    dns_message.failure(answer)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


@given(
    st.lists(st.one_of(broken(CHUNKED), st.sampled_from([b"HTTP/1.1 200 ", b"OK\r\n", b"\r\n", b"5\r\n"])))
)
def test_http_answer(pieces: list[bytes]) -> None:
    reader = ResponseReader()
    body = b"".join(reader.feed(piece) for piece in pieces)
    reader.end()
    assert len(body) <= sum(map(len, pieces))


@given(st.integers(1, len(CHUNKED)))
def test_http_answer_is_the_same_in_any_pieces(size: int) -> None:
    reader = ResponseReader()
    body = b"".join(reader.feed(CHUNKED[at : at + size]) for at in range(0, len(CHUNKED), size))
    assert (body, reader.complete, reader.broken) == (b"hello", True, None)


@given(broken(gzip.compress(b"<title>x</title>" * 10)), st.sampled_from(["gzip", "deflate", "br", None]))
def test_html(body: bytes, encoding: str | None) -> None:
    text = html.decode_body(body, encoding).decode("utf-8", errors="replace")
    title = html.title(text)
    assert title is None or len(title) <= 200


@given(st.text(max_size=60))
def test_redirect(location: str) -> None:
    joined = urls.join("https://good.test/a", location)
    if joined is not None:
        urls.same_origin("https://good.test/a", joined)


def test_the_samples_are_good() -> None:
    """Broken copies of something broken would show little."""
    assert client_hello.parse(OPENSSL_HELLO) is not None
    assert isinstance(LEAF, x509.Certificate)
    assert mtproto.parse(res_pq(bytes(16))) is not None
    assert dns_message.digest(ANSWER, "good.test", "A", 7, after=0.1).problem is None
