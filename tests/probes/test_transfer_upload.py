"""Uploads to a real helper on loopback, through a relay that slows, freezes or cuts by name."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.server import tls_context
from lab.loopback import Pacing
from measurements.throttle.flow import goodput
from measurements.throttle.of_records import flow_of
from measurements.throttle.usable import use_of
from probes import tcp_info
from probes.flow import Flow
from probes.transfer_upload import probe, received_of
from tests.servers import Behaviour, Server, tcp_server

RULES = {
    "slow.example": Pacing(up_rate=100_000),
    "crawl.example": Pacing(up_rate=40_000),
    "frozen.example": Pacing(up_rate=1),
    "cut.example": Pacing(reset_after=0),
}


@pytest.fixture
def flow(flow: Callable[..., Flow]) -> Callable[..., Flow]:
    return partial(flow, path="/upload", cap_bytes=150_000)


async def test_an_upload_is_sent_to_its_end(flow, patient):
    found = await probe(flow(arm="helper", pair="p", position=1, purpose="series"), patient)
    facts = found.transfer
    assert (found.stage, found.failure) == (None, None)
    assert (facts.protocol, facts.direction) == ("tcp", "upload")
    assert (facts.complete, facts.stalled) == (True, False)
    assert facts.bytes[-1] == 150_000
    assert list(facts.bytes) == sorted(facts.bytes)
    assert list(facts.times) == sorted(facts.times)
    assert (facts.arm, facts.pair, facts.position, facts.purpose) == ("helper", "p", 1, "series")
    assert (found.http.status, found.tls.verified) == (200, True)
    assert found.bytes_sent > 150_000
    assert found.tcp_info["bytes_sent"] > 150_000  # we are the sender: its own view is in the record
    measured = flow_of(found, found.time)
    assert (use_of(measured), measured.out_of_order) == ("counts", None)
    assert measured.retransmitted is not None
    assert 0 <= measured.retransmitted < 0.1  # on a busy machine the kernel sends the tail once more


@pytest.mark.parametrize(
    ("kernel_tells", "least"),
    [
        pytest.param(True, 75_000, id="on Linux"),
        # What the kernel holds at the end (64 kB) is known to have arrived only with the answer.
        pytest.param(False, 45_000, id="on a system that tells nothing"),
    ],
)
async def test_a_paced_upload_shows_the_pace(flow, patient, monkeypatch, kernel_tells, least):
    if not kernel_tells:
        monkeypatch.setattr(tcp_info, "snapshot", lambda sock: {})
    found = await probe(flow("slow.example"), patient)
    assert found.failure is None
    assert found.transfer.complete
    assert least < goodput(flow_of(found, found.time)) < 125_000


async def test_a_slow_upload_ends_at_its_time_without_being_a_failure(flow, patient):
    found = await probe(flow("crawl.example", cap_seconds=2.0), patient)
    assert (found.failure, found.transfer.complete, found.transfer.stalled) == (None, False, False)
    assert found.transfer.elapsed == pytest.approx(2.0, abs=0.3)
    measured = flow_of(found, found.time)
    assert use_of(measured) == "counts"
    assert goodput(measured) < 80_000


async def test_an_upload_that_freezes_is_stalled_and_still_evidence(flow, patient):
    found = await probe(flow("frozen.example", cap_seconds=0.5), patient)
    assert (found.stage, found.failure) == ("transfer", "generic_timeout_error")
    assert found.transfer.stalled
    assert use_of(flow_of(found, found.time)) == "counts"


async def test_a_reset_is_a_failure_at_its_stage(flow, patient):
    found = await probe(flow("cut.example"), patient)
    assert (found.stage, found.failure) == ("tls", "connection_reset")


async def test_a_wrong_pin_sends_nothing(flow, patient):
    found = await probe(flow(pin="00" * 32), patient)
    assert (found.stage, found.failure) == ("tls", "ssl_unknown_authority")
    assert found.bytes_sent < 5_000


def replying(answer: bytes, after: int) -> Behaviour:
    """Answer once so much was read, and read the rest."""

    async def behaviour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _server: Server) -> None:
        await reader.readexactly(after)
        writer.write(answer)
        await reader.read()

    return behaviour


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("answer", "after", "failure"),
    [
        pytest.param(
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            100,
            "http_unexpected_status_code",
            id="a helper without uploads, before the end",
        ),
        pytest.param(
            OK + b'Content-Length: 19\r\n\r\n{"received": 15000}',
            150_000,
            "http_request_failed",
            id="another size",
        ),
        pytest.param(
            OK + b'Content-Length: 21\r\n\r\n{"received": 8000000}',
            100,
            "http_request_failed",
            id="too early",
        ),
        pytest.param(OK + b"Content-Length: 4\r\n\r\nfine", 150_000, "http_request_failed", id="no number"),
        pytest.param(bytes(range(256)) * 9, 150_000, "http_request_failed", id="garbage"),
    ],
)
async def test_a_helper_that_lies_gives_a_clear_failure(flow, helper, patient, answer, after, failure):
    # 8 MB are more than any buffer holds: an early answer is seen in time.
    size = 8_000_000 if after < 150_000 else 150_000
    async with tcp_server(replying(answer, after), tls=tls_context(helper.cert, helper.key)) as server:
        found = await probe(flow(port=server.port, cap_bytes=size), patient)
    assert (found.stage, found.failure) == ("first_byte", failure)


@pytest.mark.parametrize(
    ("answer", "received"),
    [
        pytest.param(b'{"received": 5}', 5, id="a number"),
        pytest.param(b'{"received": 5, "more": []}', 5, id="more keys"),
        pytest.param(b'{"received": "5"}', None, id="a text"),
        pytest.param(b'{"received": 5.5}', None, id="a part of a byte"),
        pytest.param(b"[5]", None, id="another form"),
        pytest.param(b"", None, id="nothing"),
    ],
)
def test_what_a_helper_says_it_received(answer, received):
    assert received_of(answer) == received


@given(st.binary(max_size=64))
def test_any_bytes_are_an_answer_or_none(answer):
    assert received_of(answer) is None or isinstance(received_of(answer), int)
