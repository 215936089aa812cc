"""Verdicts over OONI's records, case by case: what was tried over TLS, and what it amounts to."""

from typing import Any

import pytest

from analysis.ooni.judge import verdict_line
from tests.analysis.ooni.told import (
    ADDRESS,
    OTHER,
    dns,
    helper,
    http,
    keys,
    record,
    short,
    tcp,
    tls,
)

CASES = [
    (
        "a page over TLS is accessible, also without the test helper",
        keys(dns(None, ADDRESS), tcp(), tls(), http()),
        ("accessible", None, "works"),
    ),
    (
        "a CAPTCHA over TLS is the site's own choice",
        keys(dns(None, ADDRESS), tcp(), tls(), http(code=403), control=helper()),
        ("accessible", None, "works"),
    ),
    (
        "a server error over TLS is the server's",
        keys(dns(None, ADDRESS), tcp(), tls(), http(code=503), control=helper()),
        ("down", "http", "server-error"),
    ),
    (
        "no address can be connected to, and the helper gets the page",
        keys(dns(None, ADDRESS), tcp("generic_timeout_error"), control=helper()),
        ("blocked", "tcp", "stopped-tcp"),
    ),
    (
        "one address of two works",
        keys(
            dns(None, ADDRESS, OTHER),
            tcp(),
            tcp("generic_timeout_error", OTHER),
            tls(),
            http(),
            control=helper(),
        ),
        ("accessible", None, "works"),
    ),
    (
        "IPv6 without a route is no failure",
        keys(
            dns(None, ADDRESS, "2001:db8::1"),
            tcp("network_unreachable", "2001:db8::1"),
            tcp(),
            tls(),
            http(),
            control=helper(),
        ),
        ("accessible", None, "works"),
    ),
    (
        "the handshake is reset at every address",
        keys(dns(None, ADDRESS), tcp(), tls("connection_reset"), http("connection_reset"), control=helper()),
        ("blocked", "tls", "stopped-tls"),
    ),
    (
        "a handshake that starves with bytes on the way is slowness",
        keys(
            dns(None, ADDRESS),
            tcp(),
            tls("generic_timeout_error") | {"t0": 1.0, "t": 11.0},
            control=helper(),
            network_events=[{"operation": "read", "address": f"{ADDRESS}:443", "num_bytes": 1400, "t": 6.0}],
        ),
        ("inconclusive", None, "handshake-progress"),
    ),
    (
        "a body that breaks off at the deadline is slowness",
        keys(dns(None, ADDRESS), tcp(), tls(), http("generic_timeout_error", code=206), control=helper()),
        ("inconclusive", None, "handshake-progress"),
    ),
    (
        "the helper cannot get it either",
        keys(dns(None, ADDRESS), tcp("connection_refused"), control=helper("connection_refused")),
        ("down", "tcp", "fails-elsewhere"),
    ),
    (
        "without the helper a failure is not called a block",
        keys(dns(None, ADDRESS), tcp("generic_timeout_error")),
        ("inconclusive", None, "few-controls"),
    ),
    (
        "NXDOMAIN at home, and the helper resolves and gets the page",
        keys(dns("dns_nxdomain_error"), http("dns_nxdomain_error"), control=helper()),
        ("blocked", "dns", "dns-fails"),
    ),
    (
        "NXDOMAIN for everyone",
        keys(
            dns("dns_nxdomain_error"),
            dns("dns_nxdomain_error", engine="doh"),
            control=helper("dns_lookup_error", ()),
        ),
        ("down", "dns", "name-gone"),
    ),
    (
        "a private answer that leads nowhere, and the helper has another",
        keys(dns(None, "10.10.34.36"), tcp("generic_timeout_error", "10.10.34.36"), control=helper()),
        ("blocked", "dns", "dns-lies"),
    ),
    (
        "an answer whose address the helper cannot reach either is a lie",
        keys(dns(None, OTHER), tcp("connection_refused", OTHER), control=helper(unreachable=(OTHER,))),
        ("blocked", "dns", "dns-lies"),
    ),
    (
        "an answer whose address the helper reaches is stopped on the way",
        keys(dns(None, OTHER), tcp("connection_refused", OTHER), control=helper()),
        ("blocked", "tcp", "stopped-tcp"),
    ),
    (
        "another address than the helper's is good if its certificate is",
        keys(dns(None, OTHER), tcp(None, OTHER), tls(None, OTHER), http(), control=helper()),
        ("accessible", None, "works"),
    ),
    (
        "only a trusted resolver's address works",
        keys(
            dns(None, OTHER),
            dns(None, ADDRESS, engine="doh"),
            tcp("generic_timeout_error", OTHER),
            tcp(),
            tls(),
            http() | {"address": f"{ADDRESS}:443"},
            control=helper(),
        ),
        ("blocked", "dns", "dns-lies"),
    ),
    (
        "the helper is shown the same bad certificate",
        keys(
            dns(None, ADDRESS),
            tcp(),
            tls("ssl_unknown_authority"),
            control=helper("x") | {"tls_handshake": {f"{ADDRESS}:443": {"failure": "ssl_unknown_authority"}}},
        ),
        ("down", "tls", "fails-elsewhere"),
    ),
    (
        "a certificate that no root vouches for, here alone",
        keys(dns(None, ADDRESS), tcp(), tls("ssl_unknown_authority"), control=helper()),
        ("intercepted", "tls", "unknown-certificate"),
    ),
    (
        "an expired certificate may be the server's own fault",
        keys(dns(None, ADDRESS), tcp(), tls("ssl_invalid_certificate"), control=helper()),
        ("inconclusive", None, "faulty-certificate"),
    ),
    (
        "a connection and nothing further shows nothing",
        keys(dns(None, ADDRESS), tcp(), control=helper()),
        ("inconclusive", None, "no-evidence"),
    ),
    (
        "the place that it redirects to is stopped",
        keys(
            dns(None, ADDRESS),
            dns(None, OTHER, host="there.example"),
            tcp(),
            tls(),
            tcp(None, OTHER),
            tls("connection_reset", OTHER, "there.example"),
            http(code=302, Location="https://there.example/"),
            control=helper(),
        ),
        ("blocked", "tls", "stopped-tls"),
    ),
    (
        "the place that it redirects to has a private answer",
        keys(
            dns(None, ADDRESS),
            dns(None, "10.10.34.36", host="there.example"),
            tcp(),
            tls(),
            tcp("generic_timeout_error", "10.10.34.36"),
            http("generic_timeout_error", url="https://there.example/"),
            http(code=302, Location="https://there.example/"),
            control=helper(),
        ),
        ("blocked", "dns", "dns-lies"),
    ),
    (
        "nothing but IPv6, on a line that has none",
        keys(
            dns(None, "2001:db8::1"),
            tcp("network_unreachable", "2001:db8::1"),
            http("network_unreachable"),
            control=helper(),
        ),
        ("inconclusive", None, "not-applicable"),
    ),
    (
        "an old report with an empty answer and no word for it",
        keys(dns(None), http("dns_lookup_error"), control=helper()),
        ("blocked", "dns", "dns-fails"),
    ),
    (
        "an old report that only sums the look-up up",
        keys(control=helper(), dns_experiment_failure="dns_lookup_error"),
        ("blocked", "dns", "dns-fails"),
    ),
    (
        "an old report that only sums the page load up",
        keys(dns(None, ADDRESS), tcp(), control=helper(), http_experiment_failure="connection_reset"),
        ("blocked", "http", "stopped-http"),
    ),
    (
        "a probe that failed by itself",
        {"failure": "json_parse_error"},
        ("inconclusive", None, "failed-measurement"),
    ),
    (
        "odd lists and nothing in them",
        {"queries": [], "requests": None},
        ("inconclusive", None, "no-evidence"),
    ),
]


@pytest.mark.parametrize(("given", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_over_tls(measurement: Any, given: dict[str, Any], expected: tuple[str, str | None, str]) -> None:
    assert short(record(measurement(given))) == expected


def test_a_known_bug_of_the_probe_is_no_interception(measurement: Any) -> None:
    given = keys(tls("ssl_unknown_authority", name="cdn.signal.org"))
    old = measurement(
        given,
        test_name="signal",
        test_version="0.2.0",
        input=None,
        measurement_start_time="2022-10-27 00:00:00",
    )
    assert short(record(old)) == ("inconclusive", None, "failed-measurement")
    assert short(record(old | {"test_version": "0.2.2"}))[0] == "intercepted"


def test_a_line_names_its_source_and_says_that_the_retry_rule_is_waived(measurement: Any) -> None:
    line = verdict_line(
        record(measurement(keys(dns(None, ADDRESS), tcp("connection_reset"), control=helper())))
    )
    assert line.endpoint is None
    assert line.platform == "example"
    assert line.source == "20231108T120000Z_webconnectivity_KZ_64500_n1_x?input=https://www.example.com/"
    assert (line.vantage, line.asn, line.country) == ("AS64500/mobile", 64500, "KZ")
    assert "retry rule is waived" in line.reason
