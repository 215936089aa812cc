"""Verdicts over OONI's records, case by case: what was tried, and what it amounts to."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.ooni.extract import extract
from analysis.ooni.facts import WORKS
from analysis.ooni.judge import judge, plainly_fine, verdict_line, vote, weigh
from analysis.ooni.model import Measurement
from analysis.ooni.platforms import Platforms
from analysis.ooni.record import Attempt, Outside, Record
from measurements.rules.facts import EndpointFacts
from measurements.rules.judgement import judge_endpoint

PLATFORMS = Platforms({"www.example.com": "example"}, {})
HOST, ADDRESS, OTHER = "www.example.com", "93.184.216.34", "151.101.1.69"


def dns(
    failure: str | None = None,
    *answers: str,
    host: str = HOST,
    engine: str = "system",
    asn: int | None = None,
) -> dict[str, Any]:
    kinds = [{"ipv6" if ":" in a else "ipv4": a, "asn": asn} for a in answers]
    return {"hostname": host, "engine": engine, "failure": failure, "answers": kinds or None}


def tcp(failure: str | None = None, ip: str = ADDRESS, port: int = 443) -> dict[str, Any]:
    return {"ip": ip, "port": port, "status": {"failure": failure, "success": failure is None}}


def tls(failure: str | None = None, ip: str = ADDRESS, name: str = HOST) -> dict[str, Any]:
    return {"address": f"{ip}:443", "server_name": name, "failure": failure}


def http(
    failure: str | None = None, url: str = f"https://{HOST}/", code: int = 200, **headers: str
) -> dict[str, Any]:
    response = {"code": 0 if failure and code == 200 else code, "headers": headers}
    return {"failure": failure, "request": {"url": url}, "response": response}


def helper(
    failure: str | None = None, addresses: tuple[str, ...] = (ADDRESS,), unreachable: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {
        "http_request": {"failure": failure, "status_code": -1 if failure else 200},
        "dns": {"failure": None, "addrs": list(addresses)},
        "tcp_connect": {f"{a}:443": {"status": False, "failure": "x"} for a in unreachable},
    }


def keys(*parts: dict[str, Any], control: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Sort the attempts into OONI's lists by their shape."""
    found: dict[str, Any] = {"queries": [], "tcp_connect": [], "tls_handshakes": [], "requests": []}
    for part in parts:
        kind = next(k for k, sign in SIGNS.items() if sign in part)
        found[kind].append(part)
    return found | {"control": control} | more


BLOCK_PAGE = "<p>This URL has been blocked as the Department of Telecommunications wished.</p>"

SIGNS = {"queries": "hostname", "tcp_connect": "ip", "tls_handshakes": "server_name", "requests": "request"}

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

CLEAR = f"http://{HOST}/"
CLEAR_CASES = [
    (
        "a block page in clear text while the site's own certificate is seen",
        keys(
            dns(None, ADDRESS),
            tcp(port=80),
            tls(),
            http(url=CLEAR),
            control=helper(),
            body_length_match=False,
            headers_match=False,
            title_match=False,
        ),
        ("blocked", "http", "cleartext-tampered"),
    ),
    (
        "a redirect to a bare address while the helper gets the page",
        keys(
            dns(None, ADDRESS),
            tcp(port=80),
            http(url="http://203.0.113.9/blocked"),
            http(url=CLEAR, code=302, Location="http://203.0.113.9/blocked"),
            control=helper(),
            body_length_match=False,
        ),
        ("blocked", "http", "cleartext-tampered"),
    ),
    (
        "another page in clear text, and nothing to hold it against",
        keys(dns(None, ADDRESS), tcp(port=80), http(url=CLEAR), control=helper(), body_length_match=False),
        ("inconclusive", None, "cleartext-unclear"),
    ),
    (
        "a known block page, and nothing else to hold it against",
        keys(
            dns(None, ADDRESS),
            tcp(port=80),
            http(url=CLEAR) | {"response": {"code": 403, "body": BLOCK_PAGE}},
            control=helper(),
            body_length_match=False,
        ),
        ("blocked", "http", "cleartext-block-page"),
    ),
    (
        "a known block page that nobody compared, for the helper failed",
        keys(
            dns(None, ADDRESS),
            tcp(port=80),
            http(url=CLEAR) | {"response": {"code": 200, "body": BLOCK_PAGE}},
        ),
        ("inconclusive", None, "cleartext-unclear"),
    ),
    (
        "words of a block page in a page like the helper's",
        keys(
            dns(None, ADDRESS),
            tcp(port=80),
            http(url=CLEAR) | {"response": {"code": 200, "body": BLOCK_PAGE}},
            control=helper(),
            title_match=True,
        ),
        ("accessible", None, "works"),
    ),
    (
        "a block page at a private address that the resolver gave",
        keys(
            dns(None, "10.10.34.35"),
            tcp(ip="10.10.34.35", port=80),
            http(url=CLEAR, code=403),
            control=helper(),
            body_length_match=False,
        ),
        ("blocked", "dns", "dns-lies"),
    ),
    (
        "a block page at an address that the helper cannot reach",
        keys(
            dns(None, OTHER),
            tcp(ip=OTHER, port=80),
            http(url=CLEAR),
            control=helper(unreachable=(OTHER,)),
            body_length_match=False,
        ),
        ("blocked", "dns", "dns-lies"),
    ),
    (
        "a redirect to another site over TLS may be the site's own",
        keys(
            dns(None, ADDRESS),
            tcp(port=80),
            tls(),
            http(url="https://moved.example/"),
            http(url=CLEAR, code=301, Location="https://moved.example/"),
            control=helper(),
            body_length_match=False,
        ),
        ("inconclusive", None, "cleartext-unclear"),
    ),
    (
        "a redirect to the site's own name in a country",
        keys(
            dns(None, ADDRESS),
            tcp(port=80),
            http(url="http://www.example.com.tr/"),
            http(url=CLEAR, code=301, Location="http://www.example.com.tr/"),
            control=helper(),
            body_length_match=False,
        ),
        ("inconclusive", None, "cleartext-unclear"),
    ),
    (
        "a page that is like the helper's in one way is the same",
        keys(
            dns(None, ADDRESS),
            tcp(port=80),
            tls(),
            http(url=CLEAR),
            control=helper(),
            body_length_match=False,
            title_match=True,
        ),
        ("accessible", None, "works"),
    ),
    (
        "a redirect to its own page over TLS",
        keys(
            dns(None, ADDRESS),
            tcp(port=80),
            tcp(),
            tls(),
            http(),
            http(url=CLEAR, code=301, Location=f"https://{HOST}/"),
            control=helper(),
            body_length_match=False,
        ),
        ("accessible", None, "works"),
    ),
    (
        "a reset after the request",
        keys(dns(None, ADDRESS), tcp(port=80), http("connection_reset", url=CLEAR), control=helper()),
        ("blocked", "http", "stopped-http"),
    ),
]


def record(raw: dict[str, Any]) -> Record:
    line = msgspec.json.encode(raw)
    made = extract(msgspec.json.decode(line, type=Measurement), line, PLATFORMS)
    assert made is not None
    return made


def short(made: Record) -> tuple[str, str | None, str]:
    line = verdict_line(made)
    return line.verdict, line.stage, line.rule


@pytest.mark.parametrize(("given", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_over_tls(measurement: Any, given: dict[str, Any], expected: tuple[str, str | None, str]) -> None:
    assert short(record(measurement(given))) == expected


@pytest.mark.parametrize(("given", "expected"), [c[1:] for c in CLEAR_CASES], ids=[c[0] for c in CLEAR_CASES])
def test_in_clear_text(
    measurement: Any, given: dict[str, Any], expected: tuple[str, str | None, str]
) -> None:
    assert short(record(measurement(given, input=CLEAR))) == expected


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


VOTES = [
    ("a page", keys(dns(None, ADDRESS), tcp(), tls(), http()), "success"),
    ("a reset", keys(dns(None, ADDRESS), tcp("connection_reset"), control=helper()), "connection_reset"),
    (
        "a false answer beside one that works",
        keys(
            dns(None, "10.10.34.35"),
            dns(None, ADDRESS, engine="doh"),
            http() | {"address": f"{ADDRESS}:443"},
            control=helper(),
        ),
        "dns_bogon_error",
    ),
    ("unproven without the helper", keys(dns(None, ADDRESS), tcp("connection_reset")), "connection_reset"),
    (
        "a page in clear text that may be the site's own",
        keys(dns(None, ADDRESS), http(url=CLEAR), control=helper(), body_length_match=False),
        "no vote",
    ),
    ("down for everyone", keys(dns(None, ADDRESS), tcp("connection_reset"), control=helper("x")), "no vote"),
    ("nothing tried", keys(), "no vote"),
]


@pytest.mark.parametrize(("given", "expected"), [v[1:] for v in VOTES], ids=[v[0] for v in VOTES])
def test_the_vote_of_a_measurement(measurement: Any, given: dict[str, Any], expected: str) -> None:
    row = vote(record(measurement(given)))
    assert (row["failure"] or "success" if row else "no vote") == expected


def attempts(*steps: str, **more: Any) -> st.SearchStrategy[Attempt]:
    """Attempts of these steps; `more` are fields that only they have."""
    return st.builds(
        Attempt,
        st.sampled_from(steps),
        st.sampled_from([HOST, "there.example", "149.154.167.51", None]),
        st.sampled_from([ADDRESS, OTHER, "2001:db8::1", None]),
        st.sampled_from([80, 443]),
        failure=st.none() | st.sampled_from(["connection_reset", "network_unreachable"]),
        **more,
    )


ATTEMPTS = st.lists(
    st.one_of(
        attempts(
            "dns", answers=st.sampled_from([(), (ADDRESS,), (OTHER,), ("10.0.0.1",)]), own=st.booleans()
        ),
        attempts("tcp", "tls"),
        attempts(
            "http",
            secure=st.booleans(),
            status=st.none() | st.sampled_from([200, 403, 503]),
            location=st.none() | st.just("https://elsewhere.example/"),
        ),
    ),
    max_size=6,
).map(tuple)


@given(
    st.builds(
        EndpointFacts,
        works=st.just("system"),
        http=st.sampled_from(["fine", "none"]),
        evidence=st.just(True),
        applicable=st.just(True),
        evidence_ids=st.just(()),
    )
)
def test_of_an_endpoint_that_works_the_rules_ask_nothing_more(facts: EndpointFacts) -> None:
    assert judge_endpoint(facts) == judge_endpoint(WORKS)


@given(
    ATTEMPTS,
    st.sampled_from(["web_connectivity", "telegram", "facebook_messenger"]),
    st.sampled_from([f"https://{HOST}/", f"http://{HOST}/"]),
    st.none() | st.booleans(),
    st.none() | st.just("netsweeper"),
    st.none() | st.builds(Outside, http_works=st.booleans(), addresses=st.sampled_from([(), (ADDRESS,)])),
)
@settings(max_examples=300)
def test_the_shortcut_says_what_the_rules_say(
    tried: tuple[Attempt, ...],
    test: str,
    url: str,
    differs: bool | None,
    page: str | None,
    outside: Outside | None,
) -> None:
    made = Record("a", "a", test, datetime(2023, 11, 8, tzinfo=UTC), "x", input=url, attempts=tried)
    made.page_differs, made.block_page, made.outside = differs, page, outside
    if plainly_fine(made):
        assert weigh(made).verdict == judge(made).verdict == "accessible"
