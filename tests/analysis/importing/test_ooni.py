"""OONI's JSON lines: kept, counted, told apart, whatever state they are in."""

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.importing.counts import Counts
from analysis.importing.run import import_files
from analysis.ooni.extract import NotAMeasurement, extract
from analysis.ooni.judge import verdict_line, vote
from analysis.ooni.lenient import fit
from analysis.ooni.model import Measurement
from analysis.ooni.platforms import Platforms

PLATFORMS = Platforms({"www.youtube.com": "youtube"}, {"youtube.com": "youtube"})


def measurement(uid: str = "20231108120000.1_KZ_webconnectivity_1", **given: Any) -> dict[str, Any]:
    return {
        "test_name": "web_connectivity",
        "measurement_uid": uid,
        "measurement_start_time": "2023-11-08 12:00:00",
        "input": "https://www.youtube.com/",
        "probe_asn": "AS64500",
        "probe_cc": "KZ",
        "test_keys": {
            "requests": [{"request": {"url": "https://www.youtube.com/"}, "response": {"code": 200}}]
        },
    } | given


def run(folder: Path, *texts: str | bytes) -> Counts:
    files = []
    for number, text in enumerate(texts):
        file = folder / f"{number}.jsonl"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        files.append(file)
    return import_files(files, folder / "d", PLATFORMS, lambda path: None)


def lines(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def test_the_same_measurement_counts_once_across_files(tmp_path: Path) -> None:
    counts = run(tmp_path, lines(measurement("a"), measurement("b")), lines(measurement("a")))
    assert (counts.read, counts.kept, counts.duplicates) == (3, 2, 1)
    again = run(tmp_path, lines(measurement("a"), measurement("b")))
    assert (again.kept, again.duplicates) == (0, 2)


def test_a_printed_record_a_list_and_an_answer_of_the_api_are_read(tmp_path: Path) -> None:
    api = {
        "measurement_uid": "c",
        "test_name": "web_connectivity",
        "raw_measurement": json.dumps(measurement("")),
    }
    saved = {
        "status": 200,
        "contentType": "application/json",
        "body": json.dumps(api | {"measurement_uid": "d"}),
    }
    counts = run(
        tmp_path,
        json.dumps(measurement("a"), indent=2),
        json.dumps([measurement("b")]),
        json.dumps(api),
        json.dumps(saved, indent=1),
    )
    assert not counts.unreadable
    assert counts.kept == 4


@pytest.mark.parametrize("test", ["ndt", "dash", "tor", "http_invalid_request_line"])
def test_tests_without_a_target_are_read_and_counted(tmp_path: Path, test: str) -> None:
    counts = run(tmp_path, lines(measurement(test_name=test, input=None)))
    assert (counts.read, counts.kept) == (1, 0)
    assert counts.noticed == {f"no_target_{test}": 1}
    assert not counts.unreadable
    assert not counts.skipped


def test_a_failed_measurement_is_kept_and_counted(tmp_path: Path) -> None:
    counts = run(tmp_path, lines(measurement(test_keys={"failure": "json_parse_error"})))
    assert (counts.kept, counts.noticed["failed_measurement"], counts.noticed["no_vote"]) == (1, 1, 1)
    assert not counts.unreadable


BROKEN = [
    ("no JSON", "{nonsense", "bad_json"),
    ("a later format", json.dumps(measurement(data_format_version="1.0.0")), "later_schema"),
    ("no time", json.dumps(measurement(measurement_start_time="yesterday")), "not_a_measurement"),
    ("something else", '{"hello": 1}', "not_a_record"),
    (
        "a time that was never set",
        json.dumps(measurement(measurement_start_time="0001-01-01 00:00:00")),
        "not_a_measurement",
    ),
    ("a number", "17", "not_a_record"),
    ("nested without end", "[" * 5000, "bad_json"),
]


@pytest.mark.parametrize(("line", "reason"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN])
def test_a_line_that_cannot_be_read_is_named_and_the_rest_kept(
    tmp_path: Path, line: str, reason: str
) -> None:
    counts = run(tmp_path, lines(measurement("a")) + line + "\n" + lines(measurement("b")))
    assert counts.unreadable == {reason: 1}
    assert "0.jsonl:2" in counts.complaints[0]
    assert counts.kept == 2


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert run(tmp_path, b"\xef\xbb\xbf" + lines(measurement("a")).encode()).kept == 1


@pytest.mark.parametrize("text", ["[" * 5000, '{"a":' * 5000])
def test_a_file_nested_without_end_is_named(tmp_path: Path, text: str) -> None:
    assert run(tmp_path, text).unreadable == {"bad_json": 1}


def test_a_cut_off_gzip_keeps_its_whole_lines(tmp_path: Path) -> None:
    packed = gzip.compress(lines(*(measurement(f"m{n * 7919 % 100_003}") for n in range(3000))).encode())
    counts = run(tmp_path, packed[: len(packed) // 2])
    assert counts.unreadable == {"truncated_gzip": 1}
    assert 500 < counts.kept < 3000


def test_values_of_odd_types_are_counted_and_the_record_is_kept(tmp_path: Path) -> None:
    odd = measurement(annotations=[], probe_asn=64500, test_keys={"queries": {}, "tcp_connect": [[]]})
    counts = run(tmp_path, lines(odd))
    assert counts.kept == 1
    assert counts.noticed["values_of_odd_types"] == 3


SCALARS = st.sampled_from(
    [None, True, False, 0, -1, 443, 1.5, "", "x", "443", "1.2.3.4:443", "[::1]:443", "ssl_x", 10**400]
)
JSON = (
    SCALARS
    | st.lists(SCALARS, max_size=2)
    | st.dictionaries(st.sampled_from(["url", "code", "failure"]), SCALARS)
)
LISTS = st.lists(
    st.dictionaries(
        st.sampled_from(
            ["hostname", "engine", "answers", "failure", "ip", "port", "status", "address", "t0", "t"]
        )
        | st.sampled_from(["server_name", "peer_certificates", "request", "response", "url", "code", "ipv4"]),
        JSON,
        max_size=5,
    )
    | JSON,
    max_size=3,
)
KEYS = st.dictionaries(
    st.sampled_from(["queries", "tcp_connect", "tls_handshakes", "requests", "network_events"]), LISTS | JSON
)
CONTROL = st.dictionaries(st.sampled_from(["tcp_connect", "tls_handshake", "http_request", "dns"]), JSON)


@given(
    KEYS,
    CONTROL,
    st.dictionaries(st.sampled_from(["input", "probe_asn", "annotations", "probe_cc"]), JSON),
    st.sampled_from(["web_connectivity", "telegram", "facebook_messenger", "whatsapp", "signal"]),
)
def test_any_shape_of_a_measurement_gets_one_verdict(
    test_keys: dict[str, Any], control: dict[str, Any], top: dict[str, Any], test: str
) -> None:
    raw = measurement(test_name=test, test_keys=test_keys | {"control": control}) | top
    made, _ = fit(raw, Measurement)
    try:
        record = extract(made, msgspec.json.encode(raw), PLATFORMS)
    except NotAMeasurement:
        return
    if record is not None:
        assert verdict_line(record).endpoint is None
        vote(record)


@given(JSON)
def test_fitting_gives_what_msgspec_itself_would_accept(value: Any) -> None:
    fitted, _ = fit(value, Measurement)
    msgspec.json.decode(msgspec.json.encode(fitted), type=Measurement)
