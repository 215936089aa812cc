"""OONI's measurement format, data_format_version 0.2.0, as far as verdicts need it (ooni/spec data-formats).

Any key may be missing or null, and unknown keys are skipped without being parsed. `Raw` fields are kept as bytes:
certificates and network events are looked into only where a failure asks for it, bodies never.
"""

from typing import Any

import msgspec

Raw = msgspec.Raw
_NONE = Raw(b"null")


class Loose(msgspec.Struct, gc=False):
    """Base: no cycles, so the garbage collector need not look at thousands of small objects."""


class Answer(Loose):
    ipv4: str | None = None
    ipv6: str | None = None
    asn: int | None = None


class Query(Loose):
    hostname: str | None = None
    engine: str | None = None
    failure: Any = None
    answers: list[Answer] | None = None


class ConnectStatus(Loose):
    failure: Any = None
    success: bool | None = None


class Connect(Loose):
    ip: str | None = None
    port: int | None = None
    status: ConnectStatus | None = None


class Handshake(Loose):
    address: str | None = None
    server_name: str | None = None
    failure: Any = None
    network: str | None = None  # "udp" or "quic" = a QUIC handshake
    peer_certificates: Raw = _NONE
    t0: float | None = None
    t: float | None = None


class RequestLine(Loose):
    url: str | None = None


class Headers(Loose):
    """Only where a redirect leads; both spellings are seen."""

    Location: Any = None
    location: Any = None


class ResponseLine(Loose):
    code: int | None = None
    headers: Headers | None = None


class Request(Loose):
    failure: Any = None
    address: str | None = None
    request: RequestLine | None = None
    response: ResponseLine | None = None


class ControlStatus(Loose):
    status: bool | None = None
    failure: Any = None


class ControlHttp(Loose):
    failure: Any = None
    status_code: int | None = None


class ControlDns(Loose):
    failure: Any = None
    addrs: list[str] | None = None


class Control(Loose):
    """What the test helper, outside the measured network, saw for the same URL and addresses."""

    tcp_connect: dict[str, ControlStatus] | None = None
    tls_handshake: dict[str, ControlStatus] | None = None
    http_request: ControlHttp | None = None
    dns: ControlDns | None = None


class TestKeys(Loose):
    """Keys of all tests that measure a target; those of other tests are skipped."""

    failure: Any = None
    queries: list[Query] | None = None
    tcp_connect: list[Connect] | None = None
    tls_handshakes: list[Handshake] | None = None
    requests: list[Request] | None = None
    network_events: Raw = _NONE
    control: Control | None = None
    control_failure: Any = None
    dns_experiment_failure: Any = None
    http_experiment_failure: Any = None
    body_length_match: bool | None = None
    headers_match: bool | None = None
    status_code_match: bool | None = None
    title_match: bool | None = None
    blocking: Any = None
    accessible: Any = None
    result: Any = None  # of browser_web


class Annotations(Loose):
    network_type: str | None = None


class Measurement(Loose):
    data_format_version: str | None = None
    test_name: str | None = None
    test_version: str | None = None
    software_version: str | None = None
    input: str | None = None
    measurement_start_time: str | None = None
    test_start_time: str | None = None
    test_runtime: float | None = None
    probe_asn: str | None = None
    probe_cc: str | None = None
    report_id: str | None = None
    measurement_uid: str | None = None
    annotations: Annotations | None = None
    test_keys: TestKeys | None = None
    raw_measurement: str | None = None  # of OONI's API: the measurement itself, as text
