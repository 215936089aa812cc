"""Our observations as OONI measurements: the keys that OONI's own format asks for, and the way back."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from measurements.formats.ooni import measurements
from measurements.records import (
    DnsAnswer,
    DnsFacts,
    HttpFacts,
    Observation,
    Phases,
    TlsFacts,
    TransferFacts,
)
from tests.records import observation

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
# df-000: what a client writes at the top level, whatever the test.
TOP = {
    "annotations": dict,
    "data_format_version": str,
    "extensions": dict,
    "input": str,
    "input_hashes": list,
    "measurement_start_time": str,
    "options": list,
    "probe_asn": str,
    "probe_cc": str,
    "probe_ip": str,
    "probe_network_name": str,
    "report_id": str,
    "resolver_asn": str,
    "resolver_ip": str,
    "resolver_network_name": str,
    "software_name": str,
    "software_version": str,
    "test_helpers": dict,
    "test_keys": dict,
    "test_name": str,
    "test_runtime": float,
    "test_start_time": str,
    "test_version": str,
}


def seen(probe: str, seconds: int = 0, **given: Any) -> Observation:
    base: dict[str, Any] = {
        "id": f"{probe}-{seconds}",
        "asn": 64500,
        "country": "KZ",
        "access": "mobile",
        "time": START + timedelta(seconds=seconds),
        "probe": probe,
        "host": "www.youtube.com",
        "address": "93.184.216.34",
        "family": 4,
        "port": 443,
    }
    return observation(**base | given)


ROUND = [
    seen(
        "dns",
        address=None,
        resolver="system",
        dns=DnsFacts(
            question="A",
            transport="udp",
            answers=(DnsAnswer(after=0.02, rcode="NOERROR", addresses=("93.184.216.34",), ttl=60),),
        ),
        phases=Phases(resolve=0.02),
    ),
    seen("tls", 1, tls=TlsFacts(verified=True, version="TLSv1.3"), phases=Phases(connect=0.1, tls=0.2)),
    seen(
        "http",
        2,
        tls=TlsFacts(verified=True),
        http=HttpFacts(status=204, headers=(("Server", "x"),)),
        phases=Phases(connect=0.1, tls=0.2, first_byte=0.1),
    ),
    seen(
        "transfer",
        3,
        tls=TlsFacts(verified=True),
        http=HttpFacts(status=200),
        transfer=TransferFacts(times=(0.1, 0.2), bytes=(1000, 2000)),
        phases=Phases(connect=0.1, tls=0.2, first_byte=0.1, transfer=0.2),
    ),
]


def exported(*rows: Observation) -> list[dict[str, Any]]:
    return [json.loads(msgspec.json.encode(each)) for each in measurements(rows, "1.0")]


def test_every_key_of_the_top_level_is_there_with_its_type() -> None:
    (made,) = exported(*ROUND)
    assert {name: type(made[name]) for name in TOP} == TOP
    assert (made["probe_asn"], made["probe_cc"], made["probe_ip"]) == ("AS64500", "KZ", "127.0.0.1")
    assert made["data_format_version"] == "0.2.0"
    assert made["measurement_start_time"] == "2026-01-01 12:00:00"


def test_each_phase_stands_in_its_list_and_times_count_from_the_start() -> None:
    (made,) = exported(*ROUND)
    keys = made["test_keys"]
    assert keys["queries"][0]["answers"] == [{"answer_type": "A", "ipv4": "93.184.216.34", "ttl": 60}]
    assert len(keys["tcp_connect"]) == 3
    assert keys["tls_handshakes"][0]["address"] == "93.184.216.34:443"
    assert keys["requests"][0]["response"]["code"] == 204
    assert keys["requests"][0]["request"]["url"] == "https://www.youtube.com/"
    assert [event["num_bytes"] for event in keys["network_events"]] == [1000, 2000]
    assert all(row["t"] >= row["t0"] >= 0 for name in ("queries", "tcp_connect") for row in keys[name])
    assert keys["failure"] is None


def test_a_failure_is_told_with_its_step() -> None:
    (made,) = exported(seen("tls", failure="connection_reset", stage="tls", phases=Phases(connect=0.1)))
    keys = made["test_keys"]
    assert (keys["failure"], keys["failed_operation"]) == ("connection_reset", "tls_handshake")
    assert keys["tls_handshakes"][0]["failure"] == "connection_reset"
    assert keys["tcp_connect"][0]["status"] == {"failure": None, "success": True}


def test_endpoints_and_runs_are_measurements_of_their_own() -> None:
    rows = [
        ROUND[1],
        msgspec.structs.replace(ROUND[1], endpoint="api"),
        msgspec.structs.replace(ROUND[1], run_id="r2"),
    ]
    made = exported(*rows)
    assert len(made) == 3
    assert len({each["report_id"] for each in made}) == 2


def test_a_test_server_has_oonis_word_for_an_address_that_is_not_told() -> None:
    (made,) = exported(seen("tcp", address="helper-1", phases=Phases(connect=0.1)))
    assert made["test_keys"]["tcp_connect"][0]["ip"] == "[scrubbed]"


def test_an_endpoint_without_a_name_goes_by_its_address() -> None:
    (made,) = exported(seen("tcp", host=None, address="2001:db8::1", phases=Phases(connect=0.1)))
    assert made["input"] == "tcpconnect://[2001:db8::1]:443"


QUESTION = seen("dns", address=None, port=53, resolver="system")
INPUTS = {
    "the port of a question is the resolver's": ([QUESTION, seen("tls", 1)], ""),
    "a name that led nowhere": ([QUESTION], ""),
    "a port of its own": ([QUESTION, seen("tcp", 1, port=8443)], ":8443"),
}


@pytest.mark.parametrize(("rows", "port"), INPUTS.values(), ids=INPUTS.keys())
def test_the_input_is_the_endpoints_url(rows: list[Observation], port: str) -> None:
    (made,) = exported(*rows)
    assert made["input"] == f"https://www.youtube.com{port}/"


def test_a_vantage_that_states_no_network_is_as0_and_zz() -> None:
    (made,) = exported(seen("tcp", asn=None, country=None))
    assert (made["probe_asn"], made["probe_cc"]) == ("AS0", "ZZ")


def test_the_pseudonym_of_the_vantage_is_not_in_it() -> None:
    (made,) = exported(*(msgspec.structs.replace(o, vantage="pseudonym-of-mine") for o in ROUND))
    assert "pseudonym-of-mine" not in json.dumps(made)
