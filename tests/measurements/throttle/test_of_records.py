"""Flows from stored observations."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from measurements.records import HttpFacts, Observation, Phases, TlsFacts, TransferFacts
from measurements.throttle.of_records import flow_of
from measurements.throttle.usable import use_of

START = datetime(2018, 5, 3, 20, tzinfo=UTC)


def observed(**changes: Any) -> Observation:
    facts: dict[str, Any] = {
        "id": "o",
        "run_id": "r",
        "vantage": "v",
        "time": START + timedelta(seconds=90),
        "platform": "youtube",
        "endpoint": "image",
        "role": "target",
        "probe": "transfer",
        "phases": Phases(connect=0.05, tls=0.1, first_byte=0.06, transfer=1.0),
        "tls": TlsFacts(verified=True, received=4000),
        "http": HttpFacts(status=200),
        "tcp_info": {
            "data_segs_in": 100,
            "rcv_ooopack": 5,
            "rcv_rtt": 0.2,
            "min_rtt": 0.05,
            "retransmits": 1,
            "bytes_received": 139_008,
            "rcv_mss": 1448,
        },
        "transfer": TransferFacts(
            cap_bytes=200_000,
            announced_bytes=1_000_000,
            times=(0.0, 1.0),
            bytes=(1448, 200_000),
            elapsed=1.0,
            complete=True,
            prefixes=((1024, "aa"),),
            sender_info={"bytes_sent": 1000.0, "bytes_retrans": 50.0, "rtt": 0.07},
        ),
    }
    return Observation(**(facts | changes))


def test_a_whole_transfer_brings_all_its_facts() -> None:
    flow = flow_of(observed(), START, network="n")
    assert (flow.started, flow.sizes, flow.length, flow.prefixes) == (
        90.0,
        (1448, 200_000),
        1_000_000,
        ((1024, "aa"),),
    )
    assert (flow.out_of_order, flow.retransmitted, flow.resent) == (0.05, 0.05, 1)
    assert flow.repeated == pytest.approx(4, abs=1)  # the last read fills no whole number of segments
    assert (flow.rtt, flow.min_rtt, flow.network) == (0.07, 0.05, "n")
    assert use_of(flow) == "counts"


def test_a_handshake_that_dripped_has_bytes_but_no_transfer() -> None:
    dripped = observed(
        transfer=TransferFacts(elapsed=10.0),
        http=None,
        tls=TlsFacts(received=900),
        phases=Phases(connect=0.05),
        stage="tls",
        failure="generic_timeout_error",
    )
    flow = flow_of(dripped, START)
    assert (flow.received, flow.handshake_seconds, flow.certificate_valid) == (900, 10.0, None)
    assert use_of(flow) == "counts"


@pytest.mark.parametrize(
    ("flag", "use"), [("lag", "counts"), ("suspended", "flagged"), ("network_changed", "flagged")]
)
def test_late_reading_is_kept_and_a_suspended_device_is_not(flag: str, use: str) -> None:
    assert use_of(flow_of(observed(flags=(flag,)), START)) == use


def test_a_forged_certificate_is_seen_as_one() -> None:
    forged = observed(
        transfer=None, http=None, stage="tls", failure="ssl_unknown_authority", tls=TlsFacts(verified=False)
    )
    assert use_of(flow_of(forged, START)) == "intercepted"


@pytest.mark.parametrize(("twice", "repeated"), [(0, 0), (5, 5)])
def test_what_a_server_writes_in_pieces_did_not_come_twice(twice: int, repeated: int) -> None:
    count = 20  # pieces of three segments each
    pieces = TransferFacts(
        times=tuple(0.1 * i for i in range(count)), bytes=tuple(4096 * (i + 1) for i in range(count))
    )
    info = {"data_segs_in": 3 * count + twice, "bytes_received": 4096 * count, "rcv_mss": 1448}
    assert flow_of(observed(transfer=pieces, tcp_info=info), START).repeated == repeated
