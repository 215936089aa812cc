"""Verdicts over tests of apps, and tests that are not judged."""

from typing import Any

import pytest

from analysis.ooni.judge import verdict_line, vote
from tests.analysis.ooni.told import (
    ADDRESS,
    OTHER,
    dns,
    http,
    keys,
    record,
    short,
    tcp,
    tls,
)

APP_CASES = [
    (
        "telegram: one data centre is enough, and the web works",
        "telegram",
        keys(
            tcp("generic_timeout_error", "149.154.175.50"),
            tcp(None, "149.154.167.51"),
            http("generic_timeout_error", "http://149.154.175.50/"),
            http(None, "http://149.154.167.51/", 501),
            dns(None, ADDRESS, host="web.telegram.org"),
            tcp(),
            http(None, "https://web.telegram.org/"),
        ),
        ("accessible", None, "works"),
    ),
    (
        "telegram: the web's handshake times out without a byte",
        "telegram",
        keys(
            http(None, "http://149.154.167.51/", 501),
            dns(None, ADDRESS, host="web.telegram.org"),
            tcp(),
            tls("generic_timeout_error", name="web.telegram.org"),
            http("generic_timeout_error", "https://web.telegram.org/"),
        ),
        ("blocked", "tls", "stopped-tls"),
    ),
    (
        "telegram: a private answer and dead data centres",
        "telegram",
        keys(
            tcp("generic_timeout_error", "149.154.167.51"),
            http("generic_timeout_error", "http://149.154.167.51/"),
            dns(None, "192.168.7.222", host="web.telegram.org"),
            tcp("generic_timeout_error", "192.168.7.222"),
        ),
        ("blocked", "tcp", "stopped-tcp"),
    ),
    (
        "telegram: nothing at all works, so the line was down",
        "telegram",
        keys(
            dns("generic_timeout_error", host="web.telegram.org"),
            tcp("network_unreachable", "149.154.167.51"),
        ),
        ("inconclusive", None, "offline"),
    ),
    (
        "telegram: everything times out, and the line does not say that it is down",
        "telegram",
        keys(
            tcp("generic_timeout_error", "149.154.167.51"),
            http("generic_timeout_error", "http://149.154.167.51/"),
            http("generic_timeout_error", "https://web.telegram.org/"),
        ),
        ("blocked", "tcp", "stopped-tcp"),
    ),
    (
        "facebook: one of its hosts cannot be connected to",
        "facebook_messenger",
        keys(
            dns(None, ADDRESS, host="star.c10r.facebook.com"),
            dns(None, OTHER, host="b-api.facebook.com"),
            tcp(),
            tcp("connection_reset", OTHER),
        ),
        ("blocked", "tcp", "stopped-tcp"),
    ),
    (
        "facebook: a name that leads outside its networks, where no cache of it can be",
        "facebook_messenger",
        keys(
            dns(None, OTHER, host="b-api.facebook.com", asn=64496),
            dns(None, ADDRESS, host="external.xx.fbcdn.net", asn=64496),
            tcp(),
            tcp(None, OTHER),
        ),
        ("blocked", "dns", "dns-lies"),
    ),
    (
        "facebook: a cache of its files in the provider's network",
        "facebook_messenger",
        keys(
            dns(None, OTHER, host="b-api.facebook.com", asn=32934),
            dns(None, ADDRESS, host="external.xx.fbcdn.net", asn=64496),
            tcp(),
            tcp(None, OTHER),
        ),
        ("accessible", None, "works"),
    ),
    (
        "whatsapp: one chat host of two is enough",
        "whatsapp",
        keys(
            dns(None, ADDRESS, host="e1.whatsapp.net"),
            dns(None, OTHER, host="e2.whatsapp.net"),
            tcp(None, ADDRESS, 5222),
            tcp("generic_timeout_error", OTHER, 5222),
        ),
        ("accessible", None, "works"),
    ),
    (
        "signal: a name that only resolves is left aside",
        "signal",
        keys(
            dns(None, "127.0.0.1", host="uptime.signal.org"),
            dns(None, ADDRESS, host="cdn.signal.org"),
            tcp(),
            tls(name="cdn.signal.org"),
            http(None, "https://cdn.signal.org/", 403),
        ),
        ("accessible", None, "works"),
    ),
    (
        "signal: a name that does not resolve is not called blocked without a trusted answer",
        "signal",
        keys(
            dns("dns_nxdomain_error", host="retired.signal.org"),
            dns(None, ADDRESS, host="cdn.signal.org"),
            tcp(),
            tls(name="cdn.signal.org"),
            http(None, "https://cdn.signal.org/", 403),
        ),
        ("inconclusive", None, "dns-unproven"),
    ),
]


@pytest.mark.parametrize(
    ("test", "given", "expected"), [c[1:] for c in APP_CASES], ids=[c[0] for c in APP_CASES]
)
def test_of_an_app(
    measurement: Any, test: str, given: dict[str, Any], expected: tuple[str, str | None, str]
) -> None:
    assert short(record(measurement(given, test_name=test, input=None))) == expected


@pytest.mark.parametrize(
    ("test", "given"),
    [("dnscheck", "https://dns.example/dns-query"), ("stunreachability", "stun://stun.example:3478")],
)
def test_a_resolver_or_stun_server_is_not_judged(measurement: Any, test: str, given: str) -> None:
    made = record(measurement({"lookups": {}, "endpoint": "x"}, test_name=test, input=given))
    line = verdict_line(made)
    assert (line.verdict, line.rule, line.platform) == (
        "inconclusive",
        "not-judged",
        given.split("/")[2].split(":")[0],
    )
    assert test in line.reason
    assert vote(made) is None
