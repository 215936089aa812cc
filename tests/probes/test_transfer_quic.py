"""Transfers over QUIC from a real helper on loopback, through a relay that polices or freezes by name."""

import asyncio
import hashlib
import socket
from collections.abc import Iterator

import pytest
from aioquic.h3.connection import H3_ALPN
from aioquic.h3.events import HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from hypothesis import given, settings
from hypothesis import strategies as st

from helper.corpus import stream
from lab.loopback import Pacing, RunningHelper
from lab.loopback_udp import running_udp_relay
from measurements.throttle.flow import goodput
from measurements.throttle.of_records import flow_of
from measurements.throttle.usable import use_of
from probes.http3 import head_of
from probes.quic_client import QuicClient
from probes.transfer_quic import probe
from tests.certificates import Leaf
from tests.quic_server import Http3, quic_server

RULES = {
    "slow.example": Pacing(rate=60_000, burst=8_000),
    "frozen.example": Pacing(freeze_after=30_000),
    "mute.example": Pacing(freeze_after=0),
}


@pytest.fixture(scope="module")
def port(helper) -> Iterator[int]:
    with running_udp_relay(("127.0.0.1", helper.quic_port), RULES, 0, "127.0.0.1") as port:
        yield port


async def test_an_object_is_read_to_its_end(flow, patient):
    found = await probe(flow(arm="helper", pair="p", position=1, purpose="series"), patient)
    facts = found.transfer
    assert found.failure is None
    assert (facts.protocol, facts.direction) == ("quic", "download")
    assert (facts.complete, facts.stalled) == (True, False)
    assert facts.bytes[-1] == facts.announced_bytes == 200_000
    assert (65536, hashlib.sha256(stream(65536)).hexdigest()) in facts.prefixes
    assert (facts.arm, facts.pair, facts.position, facts.purpose) == ("helper", "p", 1, "series")
    assert (found.http.version, found.http.status, found.alpn) == ("3", 200, "h3")
    assert found.tls.verified
    assert found.phases.connect is None
    assert None not in (found.phases.tls, found.phases.first_byte, found.phases.transfer)
    assert found.bytes_received > 200_000
    assert use_of(flow_of(found, found.time)) == "counts"


async def test_reading_stops_at_the_cap(flow, patient):
    found = await probe(flow(path="/bytes/4000000", cap_bytes=100_000), patient)
    assert found.transfer.complete
    assert 100_000 <= found.transfer.bytes[-1] < 200_000
    assert found.transfer.announced_bytes == 4_000_000


async def test_a_policed_flow_shows_the_rate(flow, patient):
    found = await probe(flow("slow.example", path="/bytes/150000", cap_bytes=150_000), patient)
    assert found.failure is None
    assert goodput(flow_of(found, found.time)) == pytest.approx(58_000, rel=0.2)


async def test_a_slow_flow_ends_at_its_time_without_being_a_failure(flow, patient):
    found = await probe(flow("slow.example", cap_seconds=1.0), patient)
    assert (found.failure, found.transfer.complete, found.transfer.stalled) == (None, False, False)
    assert use_of(flow_of(found, found.time)) == "counts"


async def test_a_flow_that_freezes_is_stalled_and_still_evidence(flow, patient):
    found = await probe(flow("frozen.example", cap_seconds=0.5), patient)
    assert (found.stage, found.failure) == ("transfer", "generic_timeout_error")
    assert found.transfer.stalled
    assert use_of(flow_of(found, found.time)) == "counts"


async def test_silence_is_a_failure_of_the_handshake(flow, hasty):
    found = await probe(flow("mute.example"), hasty)
    assert (found.stage, found.failure) == ("tls", "generic_timeout_error")
    assert found.transfer.times == ()
    assert use_of(flow_of(found, found.time)) == "blocked"


async def test_a_wrong_pin_sends_no_request(flow, patient):
    found = await probe(flow(pin="00" * 32), patient)
    assert (found.stage, found.failure) == ("tls", "ssl_unknown_authority")
    assert found.http is None
    assert use_of(flow_of(found, found.time)) == "intercepted"


async def test_a_helper_without_quic_refuses(flow, patient):
    with socket.socket(type=socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        unused = gone.getsockname()[1]
    found = await probe(flow(port=unused), patient)
    assert (found.stage, found.failure) == ("tls", "connection_refused")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/gone", 404, id="the object is gone"),
        pytest.param("/bytes/99999999", 403, id="more than is served"),
        pytest.param("/", 204, id="an answer without a body"),
    ],
)
async def test_another_answer_is_not_a_slow_answer(flow, patient, path, status):
    found = await probe(flow(path=path), patient)
    assert (found.failure, found.http.status) == ("http_unexpected_status_code", status)
    assert use_of(flow_of(found, found.time)) == "unavailable"


class Short(Http3):
    """Ends an answer before the length it announced."""

    def answer(self, found: HeadersReceived) -> None:
        self.http.send_headers(found.stream_id, [(b":status", b"200"), (b"content-length", b"9000")])
        self.http.send_data(found.stream_id, b"short", end_stream=True)


class Gone(Http3):
    """Takes the stream back in the middle of its answer."""

    def answer(self, found: HeadersReceived) -> None:
        self.http.send_headers(found.stream_id, [(b":status", b"200"), (b"content-length", b"9000")])
        self.http.send_data(found.stream_id, b"some of it", end_stream=False)
        self.transmit()
        self._quic.reset_stream(found.stream_id, 0x102)


class Nameless(Http3):
    """Answers with a head that has no status that could be one."""

    def answer(self, found: HeadersReceived) -> None:
        self.http.send_headers(found.stream_id, [(b":status", b"many")])
        self.http.send_data(found.stream_id, b"x", end_stream=True)


@pytest.mark.parametrize(
    ("server", "stage"),
    [
        pytest.param(Short, "first_byte", id="shorter than it says"),
        pytest.param(Gone, "transfer", id="a stream that is reset"),
        pytest.param(Nameless, "first_byte", id="no status"),
    ],
)
async def test_a_server_that_lies_gives_a_clear_failure(flow, leaf: Leaf, patient, server, stage):
    async with quic_server(leaf, server=server) as port:
        found = await probe(flow("good.test", port=port, pin=None), patient)
    assert (found.stage, found.failure) == (stage, "http_request_failed")
    assert use_of(flow_of(found, found.time)) == "broken"


TEXT = st.binary(max_size=12)


@given(
    st.lists(st.tuples(st.one_of(st.just(b":status"), TEXT), st.one_of(st.just(b"200"), TEXT)), max_size=5)
)
def test_any_headers_are_a_head_or_none(found):
    head = head_of(found)
    assert head is None or 0 <= head.status <= 999


class Deaf(asyncio.DatagramTransport):
    """Takes what is sent and keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def sendto(self, data: bytes, addr: object = None) -> None:
        self.sent.append(data)

    def close(self) -> None:
        """Nothing is open."""


def first_flight(helper: RunningHelper, hello: bytes) -> bytes:
    """What a server sends back to a client's first packet."""
    configuration = QuicConfiguration(is_client=False, alpn_protocols=H3_ALPN)
    configuration.load_cert_chain(helper.cert, helper.key)
    connection_id = hello[6 : 6 + hello[5]]
    server = QuicConnection(configuration=configuration, original_destination_connection_id=connection_id)
    server.receive_datagram(hello, ("192.0.2.1", 9), now=0.0)
    return server.datagrams_to_send(now=0.0)[0][0]


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_datagrams_are_taken_without_an_exception(helper, data):
    async def receive() -> None:
        quic = QuicConnection(configuration=QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN))
        client = QuicClient(quic, lambda chain: None, asyncio.get_running_loop().time)
        transport = Deaf()
        client.connection_made(transport)
        client.connect(("192.0.2.1", 443))
        good = first_flight(helper, transport.sent[0])
        at = data.draw(st.integers(0, len(good) - 1))
        patch = data.draw(st.binary(max_size=8))
        for datagram in (good[:at] + patch + good[at + len(patch) :], good[:at], patch, good):
            client.datagram_received(datagram, ("192.0.2.1", 443))
        assert client.bytes_received > 0
        client.shut()
        client._timer.cancel()  # the loop ends here

    asyncio.run(receive())
