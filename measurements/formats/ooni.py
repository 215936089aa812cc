"""Our observations as OONI measurements: data_format_version 0.2.0 (ooni/spec data-formats df-000 to df-008).

One measurement is what a run saw of one endpoint. It is written as OONI's `urlgetter`, the test that loads a URL and
concludes nothing: our verdicts rest on controls of our own, which OONI's `web_connectivity` does not know.
"""

import base64
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from measurements.records import Observation
from measurements.scrub import MARK, SERVER

DATA_FORMAT: Final = "0.2.0"
TEST_NAME: Final = "urlgetter"
TEST_VERSION: Final = "0.2.0"  # of OONI's urlgetter whose keys these are
# df-000 names the data formats a measurement uses, each with its version.
EXTENSIONS: Final = {"dnst": 0, "httpt": 0, "netevents": 0, "tcpconnect": 0, "tlshandshake": 0}
_TIME: Final = "%Y-%m-%d %H:%M:%S"


def measurements(observations: Iterable[Observation], software_version: str) -> Iterator[dict[str, Any]]:
    """OONI measurements from observations that come run by run, as a spool gives them."""
    for _, run in groupby(observations, key=lambda o: o.run_id):
        by_endpoint: dict[tuple[str, str], list[Observation]] = {}
        for o in run:
            by_endpoint.setdefault((o.platform, o.endpoint), []).append(o)
        for group in by_endpoint.values():
            yield measurement(group, software_version)


def measurement(group: Sequence[Observation], software_version: str) -> dict[str, Any]:
    """One measurement from all observations of one run and endpoint."""
    first = min(group, key=lambda o: o.time)
    asn, country = f"AS{first.asn or 0}", first.country or "ZZ"
    start = first.time.strftime(_TIME)
    keys = _test_keys(group, first)
    return {
        "annotations": {
            "engine_name": "efir",
            "network_type": first.access or "unknown",
            "efir_endpoint": first.endpoint,
            "efir_platform": first.platform,
            "efir_role": first.role,
        },
        "data_format_version": DATA_FORMAT,
        "extensions": EXTENSIONS,
        # The port of a question is the resolver's: what was contacted knows more.
        "input": _url(min(group, key=lambda o: (o.probe == "dns", o.time))),
        "input_hashes": [],
        "measurement_start_time": start,
        "options": [],
        "probe_asn": asn,
        "probe_cc": country,
        "probe_city": None,
        "probe_ip": "127.0.0.1",
        "probe_network_name": "",
        "report_id": f"{first.time:%Y%m%dT%H%M%SZ}_{TEST_NAME}_{country}_{first.asn or 0}_n1_{first.run_id}",
        "resolver_asn": "AS0",
        "resolver_ip": "127.0.0.2",
        "resolver_network_name": "",
        "software_name": "efir",
        "software_version": software_version,
        "test_helpers": {},
        "test_keys": keys,
        "test_name": TEST_NAME,
        "test_runtime": _runtime(group, first),
        "test_start_time": start,
        "test_version": TEST_VERSION,
    }


def _url(o: Observation) -> str:
    """A URL; what has no name goes by its address, as urlgetter writes it."""
    if o.host is None:
        return f"tcpconnect://{_endpoint(o)}"
    scheme = "http" if o.port == 80 else "https"
    port = "" if o.probe == "dns" or o.port in (None, 80, 443) else f":{o.port}"
    return f"{scheme}://{o.host}{port}/"


def _endpoint(o: Observation) -> str | None:
    address = _address(o)
    if address is None:
        return None
    host = f"[{address}]" if ":" in address else address
    return f"{host}:{o.port}"


def _address(o: Observation) -> str | None:
    """The address, or OONI's word for one that may not be told."""
    return MARK if o.address and o.address.startswith(SERVER) else o.address


def _seconds(o: Observation) -> float:
    p = o.phases
    return sum(x for x in (p.resolve, p.connect, p.tls, p.first_byte, p.transfer) if x is not None)


def _runtime(group: Sequence[Observation], first: Observation) -> float:
    return max((o.time - first.time).total_seconds() + _seconds(o) for o in group)


def _test_keys(group: Sequence[Observation], first: Observation) -> dict[str, Any]:
    numbered = [(o, (o.time - first.time).total_seconds(), n) for n, o in enumerate(group, 1)]
    connected = [
        each for each in numbered if each[0].phases.connect is not None or each[0].stage == "connect"
    ]
    shaken = [each for each in numbered if each[0].tls is not None or each[0].stage == "tls"]
    failed = next((o for o in reversed(group) if o.failure is not None), None)
    return {
        "agent": "redirect",
        "failed_operation": _OPERATION.get(failed.stage or "") if failed else None,
        "failure": failed.failure if failed else None,
        "network_events": [event for each in numbered for event in _events(*each)],
        "queries": [_query(*each) for each in numbered if each[0].probe == "dns"],
        "requests": [_request(*each) for each in numbered if each[0].http is not None],
        "socksproxy": None,
        "tcp_connect": [_connect(*each) for each in connected if each[0].probe != "quic"],
        "tls_handshakes": [_handshake(*each) for each in shaken],
    }


# Our stages -> OONI's names of the failed step (df-007).
_OPERATION: Final = {
    "resolve": "resolve",
    "connect": "connect",
    "tls": "tls_handshake",
    "first_byte": "http_round_trip",
    "transfer": "http_round_trip",
}


def _query(o: Observation, t0: float, n: int) -> dict[str, Any]:
    dns = o.dns
    first = dns.answers[0] if dns and dns.answers else None
    doh = dns is not None and dns.transport == "doh"
    return {
        "answers": [_answer(address, first.ttl) for address in first.addresses] if first else None,
        "engine": "doh" if doh else ("system" if o.resolver in (None, "system") else "udp"),
        "failure": o.failure,
        "hostname": o.host,
        "query_type": dns.question if dns else "A",
        "raw_response": None,
        "rcode": _RCODES.get(first.rcode) if first else None,
        "resolver_hostname": None,
        "resolver_port": None,
        "resolver_address": "",
        "t0": t0,
        "t": t0 + _seconds(o),
        "tags": [],
        "transaction_id": n,
    }


_RCODES: Final = {"NOERROR": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5}


def _answer(address: str, ttl: int | None) -> dict[str, Any]:
    if ":" in address:
        return {"answer_type": "AAAA", "ipv6": address, "ttl": ttl}
    return {"answer_type": "A", "ipv4": address, "ttl": ttl}


def _connect(o: Observation, t0: float, n: int) -> dict[str, Any]:
    failure = o.failure if o.stage == "connect" else None
    return {
        "ip": _address(o),
        "port": o.port,
        "status": {"failure": failure, "success": failure is None},
        "t0": t0,
        "t": t0 + (o.phases.connect or 0.0),
        "tags": [],
        "transaction_id": n,
    }


def _handshake(o: Observation, t0: float, n: int) -> dict[str, Any]:
    tls, begun = o.tls, t0 + (o.phases.connect or 0.0)
    return {
        "address": _endpoint(o),
        "cipher_suite": (tls.cipher if tls else None) or "",
        "failure": o.failure if o.stage == "tls" else None,
        "negotiated_protocol": o.alpn or "",
        "network": "udp" if o.probe == "quic" else "tcp",
        "no_tls_verify": False,
        "peer_certificates": [
            {"data": base64.b64encode(der).decode(), "format": "base64"}
            for der in (tls.chain_der if tls else ())
        ],
        "server_name": o.sni or o.host or "",
        "so_error": None,
        "t0": begun,
        "t": begun + (o.phases.tls or 0.0),
        "tags": [],
        "tls_version": (tls.version if tls else None) or "",
        "transaction_id": n,
    }


def _request(o: Observation, t0: float, n: int) -> dict[str, Any]:
    http = o.http
    assert http is not None
    headers = [[name, value] for name, value in http.headers]
    if http.location is not None:
        headers.append(["Location", http.location])
    return {
        "address": _endpoint(o),
        "alpn": o.alpn or "",
        "failure": o.failure if o.stage in ("first_byte", "transfer") else None,
        "network": "udp" if o.probe == "quic" else "tcp",
        "request": {
            "body": "",
            "body_is_truncated": False,
            "headers": {},
            "headers_list": [],
            "method": "GET",
            "tor": {"exit_ip": None, "exit_name": None, "is_tor": False},
            "url": _url(o),
            "x_transport": "tcp",
        },
        "response": {
            "body": "",
            "body_is_truncated": True,
            "code": http.status or 0,
            "headers": dict(reversed(headers)),
            "headers_list": headers,
        },
        "t0": t0,
        "t": t0 + _seconds(o),
        "tags": [],
        "transaction_id": n,
    }


def _events(o: Observation, t0: float, n: int) -> Iterator[dict[str, Any]]:
    """The cumulative bytes of a transfer, as OONI writes its throttling samples (its design document dd-007)."""
    if o.transfer is None:
        return
    begun = t0 + _seconds(o) - (o.phases.transfer or 0.0)
    for seconds, size in zip(o.transfer.times, o.transfer.bytes, strict=True):
        yield {
            "address": _endpoint(o),
            "failure": None,
            "num_bytes": size,
            "operation": "bytes_received_cumulative",
            "proto": "tcp",
            "t0": begun + seconds,
            "t": begun + seconds,
            "tags": [],
            "transaction_id": n,
        }
