"""Transfers from a real helper on loopback, through a relay that slows, freezes or cuts by name."""

import hashlib
import socket

import pytest

from helper.corpus import stream
from helper.server import tls_context
from lab.loopback import Pacing
from measurements.throttle.flow import goodput
from measurements.throttle.of_records import flow_of
from measurements.throttle.usable import use_of
from probes.flow import new_token
from probes.transfer import probe
from tests import servers

RULES = {
    "slow.example": Pacing(rate=40_000),
    "frozen.example": Pacing(freeze_after=20_000),
    "cut.example": Pacing(reset_after=20_000),
    "hello.example": Pacing(delay=0.15),
    "mute.example": Pacing(freeze_after=0),
    "early.example": Pacing(freeze_after=9_000),
    "crawl.example": Pacing(rate=5_000, burst=2_000),
}


async def test_an_object_is_read_to_its_end(flow, patient):
    found = await probe(flow(arm="helper", pair="p", position=1, purpose="pair"), patient)
    facts = found.transfer
    assert found.failure is None
    assert facts.complete
    assert not facts.stalled
    assert facts.bytes[-1] == facts.announced_bytes == 200_000
    assert (65536, hashlib.sha256(stream(65536)).hexdigest()) in facts.prefixes
    assert (facts.arm, facts.pair, facts.position, facts.purpose) == ("helper", "p", 1, "pair")
    assert found.http.status == 200
    assert found.tls.verified
    assert None not in (found.phases.connect, found.phases.tls, found.phases.first_byte)
    assert found.bytes_received > 200_000
    assert found.tcp_info["bytes_received"] > 200_000


async def test_reading_stops_at_the_cap(flow, patient):
    found = await probe(flow(path="/bytes/4000000", cap_bytes=100_000), patient)
    assert found.transfer.complete
    assert 100_000 <= found.transfer.bytes[-1] < 100_000 + 278_528  # one read and one record more at most
    assert found.transfer.announced_bytes == 4_000_000


async def test_a_paced_flow_shows_the_pace(flow, patient):
    found = await probe(flow("slow.example", path="/bytes/90000", cap_bytes=90_000), patient)
    assert found.failure is None
    assert goodput(flow_of(found, found.time)) == pytest.approx(40_000, rel=0.1)


async def test_a_slow_flow_ends_at_its_time_without_being_a_failure(flow, patient):
    found = await probe(flow("slow.example", cap_seconds=1.2), patient)
    assert (found.failure, found.transfer.complete, found.transfer.stalled) == (None, False, False)
    assert found.transfer.elapsed == pytest.approx(1.2, abs=0.3)
    assert use_of(flow_of(found, found.time)) == "counts"


async def test_a_flow_that_freezes_is_stalled_and_still_evidence(flow, patient):
    found = await probe(flow("frozen.example", cap_seconds=0.5), patient)
    assert found.stage == "transfer"
    assert found.failure == "generic_timeout_error"
    assert found.transfer.stalled
    assert found.transfer.longest_gap > 0.3
    measured = flow_of(found, found.time)
    assert use_of(measured) == "counts"
    assert goodput(measured) < 50_000


async def test_a_flow_that_freezes_inside_its_first_record_has_begun(flow, patient):
    found = await probe(flow("early.example", cap_seconds=0.5), patient)
    assert (found.stage, found.failure, found.transfer.stalled) == ("transfer", "generic_timeout_error", True)
    assert 1_000 < found.transfer.bytes[-1] < 9_000


async def test_a_flow_too_slow_for_its_first_record_is_measured(flow, patient):
    found = await probe(flow("crawl.example"), patient)
    assert (found.failure, found.http) == (None, None)
    measured = flow_of(found, found.time)
    assert use_of(measured) == "counts"
    assert 3_000 < goodput(measured) < 10_000  # the relay passes 4 kB at a time


async def test_a_reset_is_a_failure_at_its_stage(flow, patient):
    found = await probe(flow("cut.example"), patient)
    assert (found.stage, found.failure) == ("transfer", "connection_reset")
    assert use_of(flow_of(found, found.time)) == "blocked"


async def test_a_slow_handshake_is_timed(flow, patient):
    found = await probe(flow("hello.example"), patient)
    assert found.failure is None
    assert found.phases.tls > 0.14


async def test_silence_after_the_connect_is_a_failure_of_the_handshake(flow, hasty):
    found = await probe(flow("mute.example"), hasty)
    assert (found.stage, found.failure) == ("tls", "generic_timeout_error")
    assert found.transfer.times == ()
    assert found.transfer.elapsed >= 0.4


async def test_a_wrong_pin_sends_no_request(flow, patient):
    found = await probe(flow(pin="00" * 32), patient)
    assert (found.stage, found.failure) == ("tls", "ssl_unknown_authority")
    assert found.http is None
    assert use_of(flow_of(found, found.time)) == "intercepted"


async def test_an_unreachable_helper_is_a_failure(flow, patient):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        found = await probe(flow(port=unused.getsockname()[1]), patient)
    assert (found.stage, found.failure) == ("connect", "connection_refused")


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


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("answer", "stage", "failure"),
    [
        pytest.param(
            OK + b"Content-Length: 200000\r\n\r\nshort", "transfer", "eof_error", id="shorter than it says"
        ),
        pytest.param(OK + b"Content-Length: 5\r\n\r\nmuch longer", None, None, id="longer than it says"),
        pytest.param(
            OK + b"Content-Length: many\r\n\r\nx", "first_byte", "http_request_failed", id="a wordy length"
        ),
        pytest.param(
            OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
            "transfer",
            "http_request_failed",
            id="chunks that break off",
        ),
        pytest.param(bytes(range(256)) * 9, "first_byte", "http_request_failed", id="garbage"),
        pytest.param(b"", "first_byte", "eof_error", id="nothing"),
        pytest.param(OK + b"\r\nno length at all", None, None, id="a body that ends with the connection"),
        pytest.param(
            b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
            "first_byte",
            "http_unexpected_status_code",
            id="a redirect",
        ),
    ],
)
async def test_a_helper_that_lies_gives_a_clear_failure(flow, helper, patient, answer, stage, failure):
    tls = tls_context(helper.cert, helper.key)
    async with servers.tcp_server(servers.answer(answer), tls=tls) as server:
        found = await probe(flow(port=server.port), patient)
    assert (found.stage, found.failure) == (stage, failure)


async def test_the_helper_can_tell_what_it_saw_of_a_flow(flow, helper, patient):
    token = new_token()
    await probe(flow(path="/bytes/4000000", cap_bytes=300_000, token=token), patient)
    question = flow(path=f"/flow/{token}")
    answered = await probe(question, patient)
    assert answered.http.status == 200
    assert helper.state.flows.get(token, helper.state.clock())["bytes_sent"] > 300_000
