"""Verdicts of small rounds: a reader learns the rules from the names of the cases."""

from typing import Any

import pytest

from measurements.records import DnsAnswer, DnsFacts, Observation, Phases, TlsFacts
from measurements.rules.addresses import PAGE_LEFT_ALONE
from measurements.rules.controls import AFTER, DURING
from measurements.rules.facts import NEUTRAL, NO_ROUTE_FLAG
from tests.measurements.rules.world import (
    DOMESTIC,
    FALSE,
    FOREIGN,
    GENUINE,
    HOST,
    LIED_TO,
    OK,
    SECOND,
    TRUSTED,
    broken,
    control,
    controls,
    dns,
    forged,
    judge,
    page,
    platform,
    seen,
    twice,
)


def handshake(**fields: Any) -> Observation:
    """A handshake with the platform, and no request."""
    return seen(probe="tls", address=GENUINE, resolver="system", tls=TlsFacts(verified=True), **fields)


def stranger_at(name: str) -> Observation:
    """Something that is not the control answers at its address."""
    tls = TlsFacts(verified=False, chain_sha256=("cd" * 32,))
    about = {"platform": name, "role": "control", "host": f"{name}.example"}
    return broken("192.0.2.1", "tls", "ssl_unknown_authority", tls=tls, **about)


def deaf(*names: str, **fields: object) -> list[Observation]:
    """Controls that the system's resolver says nothing of, and that work where a trusted one points."""
    return [
        row
        for name in names
        for about in [{"platform": name, "role": "control", "host": f"{name}.example", **fields}]
        for row in (
            dns(failure="dns_servfail_error", **about),
            dns("192.0.2.1", **about, **TRUSTED),
            page("192.0.2.1", **about, **TRUSTED),
        )
    ]


def refusing(name: str, failure: str) -> list[Observation]:
    """A control's name that the system's resolver fails for once."""
    return [dns(failure=failure, platform=name, role="control", host=f"{name}.example")]


def resolver_vouched(name: str) -> Observation:
    """A control's name, told by a trusted resolver over its own verified TLS."""
    tls = TlsFacts(verified=True)
    return dns("192.0.2.1", resolver="quad", platform=name, role="control", host=f"{name}.example", tls=tls)


IPV6 = "2001:db8::7"
OVER_IPV6 = controls(address="2001:db8::1", question="AAAA")
# Addresses as the Internet has them, so that a private one stands out.
PUBLIC = controls(address="93.184.215.14")
SILENT = twice(broken, GENUINE, "tls", "generic_timeout_error")

CASES: list[tuple[str, list[Observation], tuple[str, str | None, str]]] = [
    ("everything is fine", [*OK, dns(GENUINE), page()], ("accessible", None, "works")),
    ("a CAPTCHA over verified TLS is no censorship",
     [*OK, dns(GENUINE), page(status=403, expected=False)], ("accessible", None, "answers-otherwise")),
    ("a page that is left alone for a day: the handshake tells",
     [*OK, dns(GENUINE), handshake(flags=(PAGE_LEFT_ALONE,))], ("accessible", None, "works")),
    ("a handshake is no page where the page was to be asked for",
     [*OK, dns(GENUINE), handshake()], ("inconclusive", None, "unconfirmed")),
    ("a 503 over verified TLS is the server's own trouble",
     [*OK, dns(GENUINE), page(status=503, expected=False)], ("down", "http", "server-error")),
    ("one of two addresses is enough",
     [*OK, dns(GENUINE, SECOND), page(SECOND), broken(GENUINE, "connect", "connection_refused")],
     ("accessible", None, "works")),
    ("a first failure that the retry does not repeat",
     [*OK, dns(GENUINE), broken(GENUINE, "tls", "connection_reset"), page(attempt=2)], ("accessible", None, "works")),
    ("a failure without a retry counts for nothing",
     [*OK, dns(GENUINE), broken(GENUINE, "tls", "connection_reset")], ("inconclusive", None, "unconfirmed")),
    ("the page's large packets are lost on the way, the small ones come",
     [*OK, dns(GENUINE), *twice(broken, GENUINE, "first_byte", "generic_timeout_error", tcp_info={"rcv_ooopack": 1})],
     ("inconclusive", None, "handshake-progress")),
    ("a resolver that refuses a control's name too, once it has had enough",
     [*OK, *refusing("wiki", "dns_refused_error"), *twice(dns, failure="dns_refused_error"), dns(GENUINE, **TRUSTED),
      page(**TRUSTED)], ("inconclusive", None, "unsteady-resolver")),
    ("a resolver that loses a control's question at times, and denies this name always",
     [*OK, *refusing("wiki", "generic_timeout_error"), *twice(dns, failure="dns_nxdomain_error"),
      dns(GENUINE, **TRUSTED), page(**TRUSTED)], ("blocked", "dns", "dns-fails")),
    ("silence after the ClientHello", [*OK, dns(GENUINE), *SILENT], ("blocked", "tls", "stopped-tls")),
    ("the answer's large packets are lost on the way, the small ones come",
     [*OK, dns(GENUINE), *twice(broken, GENUINE, "tls", "generic_timeout_error", tcp_info={"rcv_ooopack": 2})],
     ("inconclusive", None, "handshake-progress")),
    ("no trusted resolver answers, and a later answer leads to the host: the first was injected",
     [*OK, dns(FALSE, late=(GENUINE,)), *twice(broken, FALSE, "tls", "generic_timeout_error"),
      page(resolver="late_answer")], ("blocked", "dns", "dns-lies")),
    ("a later answer that leads nowhere either proves nothing",
     [*OK, dns(FALSE, late=(GENUINE,)), *twice(broken, FALSE, "tls", "generic_timeout_error"),
      *twice(broken, GENUINE, "tls", "generic_timeout_error", resolver="late_answer")],
     ("blocked", "tls", "stopped-tls")),
    ("a resolver that names a host's nodes in turn, one of them dead",
     [*OK, dns(GENUINE), *twice(broken, GENUINE, "connect", "generic_timeout_error"), dns(SECOND, attempt=2),
      page(SECOND), dns(FALSE, **TRUSTED), page(FALSE, **TRUSTED)], ("accessible", None, "works")),
    ("a reset after the ClientHello",
     [*OK, dns(GENUINE), *twice(broken, GENUINE, "tls", "connection_reset")], ("blocked", "tls", "stopped-tls")),
    ("a reset after the ClientHello, and then the address is closed for a while",
     [*OK, dns(GENUINE), broken(GENUINE, "tls", "connection_reset"),
      broken(GENUINE, "connect", "generic_timeout_error", attempt=2)], ("blocked", "tls", "stopped-tls")),
    ("an address that another platform's name had closed",
     [*OK, dns(GENUINE), *twice(broken, GENUINE, "connect", "generic_timeout_error"),
      broken(GENUINE, "tls", "connection_reset", platform="social", host="www.social.example")],
     ("inconclusive", None, "residual")),
    ("no address can be connected to",
     [*OK, dns(GENUINE, SECOND), *twice(broken, GENUINE, "connect", "generic_timeout_error"),
      *twice(broken, SECOND, "connect", "generic_timeout_error")], ("blocked", "tcp", "stopped-tcp")),
    ("a reset after the request",
     [*OK, dns(GENUINE), *twice(broken, GENUINE, "first_byte", "connection_reset")],
     ("blocked", "http", "stopped-http")),
    ("an answer over verified TLS that is no HTTP",
     [*OK, dns(GENUINE), *twice(broken, GENUINE, "first_byte", "http_request_failed")],
     ("inconclusive", None, "server-garbles")),
    ("a handshake that dribbles is slow, not blocked",
     [*OK, dns(GENUINE), *twice(broken, GENUINE, "tls", "generic_timeout_error", received=600)],
     ("inconclusive", None, "handshake-progress")),
    ("a body that freezes is slow, not blocked",
     [*OK, dns(GENUINE), *twice(broken, GENUINE, "transfer", "generic_timeout_error")],
     ("inconclusive", None, "handshake-progress")),
    ("NXDOMAIN for this name alone",
     [*OK, *twice(dns, failure="dns_nxdomain_error"), dns(GENUINE, **TRUSTED), page(**TRUSTED)],
     ("blocked", "dns", "dns-fails")),
    ("only the questions for IPv4 vanish, on a line without IPv6",
     [*OK, *twice(dns, failure="generic_timeout_error"), dns("2001:db8::7", question="AAAA"), dns(GENUINE, **TRUSTED),
      dns("2001:db8::7", question="AAAA", **TRUSTED), page(**TRUSTED)], ("blocked", "dns", "dns-fails")),
    ("a resolver that is dead for the controls too says nothing",
     [*[o for o in OK if o.probe != "dns"], *twice(dns, failure="generic_timeout_error"), dns(GENUINE, **TRUSTED),
      page(**TRUSTED)], ("accessible", None, "works-dead-resolver")),
    ("a resolver that sends every name, the controls' too, to one false address says nothing",
     [*LIED_TO, dns(FALSE), *forged(FALSE, "block.example"), dns(GENUINE, **TRUSTED), page(**TRUSTED)],
     ("accessible", None, "works-dead-resolver")),
    ("a resolver that knows domestic names alone says nothing",
     [*deaf(*FOREIGN), *controls(*DOMESTIC), *twice(dns, failure="dns_servfail_error"), dns(GENUINE, **TRUSTED),
      page(**TRUSTED)], ("accessible", None, "works-dead-resolver")),
    ("a resolver that died in mid-round says nothing",
     [*OK, *deaf(*FOREIGN, flags=(DURING,)), *twice(dns, failure="dns_servfail_error"), dns(GENUINE, **TRUSTED),
      page(**TRUSTED)], ("accessible", None, "works-dead-resolver")),
    ("a resolver that also hides one control of three",
     [*controls("wiki", "kernel", *DOMESTIC), *deaf("archive"), *twice(dns, failure="dns_servfail_error"),
      dns(GENUINE, **TRUSTED), page(**TRUSTED)], ("blocked", "dns", "dns-fails")),
    ("a false answer that leads nowhere",
     [*OK, dns(FALSE), *twice(broken, FALSE, "connect", "generic_timeout_error"), dns(GENUINE, **TRUSTED),
      page(**TRUSTED)], ("blocked", "dns", "dns-lies")),
    ("a false answer that leads to a block page's certificate",
     [*OK, dns(FALSE), *forged(FALSE, "block.example"), dns(GENUINE, **TRUSTED), page(**TRUSTED)],
     ("blocked", "dns", "dns-lies")),
    ("a false answer that leads to a forgery of this very name",
     [*OK, dns(FALSE), *forged(FALSE, HOST), dns(GENUINE, **TRUSTED), page(**TRUSTED)],
     ("intercepted", "tls", "forged-certificate")),
    ("a false answer to a block page's certificate, and the genuine address stopped by name",
     [*OK, dns(FALSE), *forged(FALSE, "block.example"), dns(GENUINE, **TRUSTED),
      *twice(broken, GENUINE, "tls", "connection_reset", **TRUSTED)], ("blocked", "tls", "stopped-tls")),
    ("a CDN that answers two resolvers differently",
     [*OK, dns(SECOND), page(SECOND), dns(GENUINE, **TRUSTED), page(**TRUSTED)], ("accessible", None, "works")),
    ("a dead node among addresses that both resolvers know",
     [*OK, dns(GENUINE), *twice(broken, GENUINE, "connect", "connection_refused"), dns(GENUINE, SECOND, **TRUSTED),
      page(SECOND, **TRUSTED)], ("accessible", None, "works")),
    ("a name that a trusted resolver does not know either",
     [*OK, *twice(dns, failure="dns_nxdomain_error"), dns(failure="dns_nxdomain_error", **TRUSTED)],
     ("down", "dns", "name-gone")),
    ("NXDOMAIN while no trusted resolver can be reached",
     [*OK, *twice(dns, failure="dns_nxdomain_error"), dns(failure="generic_timeout_error", **TRUSTED)],
     ("inconclusive", None, "dns-unproven")),
    ("a forged certificate on the genuine address",
     [*OK, dns(GENUINE), *forged(GENUINE, "*.video.example")], ("intercepted", "tls", "forged-certificate")),
    ("a stranger's self-signed certificate on the genuine address",
     [*OK, dns(GENUINE), *forged(GENUINE, "other.example")], ("intercepted", "tls", "unknown-certificate")),
    ("an expired certificate may be the server's own fault",
     [*OK, dns(GENUINE), *twice(broken, GENUINE, "tls", "ssl_invalid_certificate", tls=TlsFacts(verified=False))],
     ("inconclusive", None, "faulty-certificate")),
    ("the neutral name fails alike on the same address",
     [*OK, dns(GENUINE), *SILENT, broken(GENUINE, "tls", "generic_timeout_error", flags=(NEUTRAL,))],
     ("down", "tls", "neutral-fails-alike")),
    ("the neutral name is answered where the platform's is not",
     [*OK, dns(GENUINE), *SILENT, page(flags=(NEUTRAL,), probe="tls")], ("blocked", "tls", "stopped-tls")),
    ("IPv6 without a route is no failure",
     [*OK, dns(GENUINE), dns("2001:db8::7", question="AAAA"), page(),
      broken("2001:db8::7", "connect", "network_unreachable")],
     ("accessible", None, "works")),
    ("only IPv6 addresses and no route to them",
     [*OK, dns("2001:db8::7", question="AAAA"), *twice(broken, "2001:db8::7", "connect", "network_unreachable")],
     ("inconclusive", None, "not-applicable")),
    ("nobody at all answers over IPv4 on this line",
     [*OVER_IPV6, dns(GENUINE), *twice(broken, GENUINE, "connect", "generic_timeout_error")],
     ("inconclusive", None, "not-applicable")),
    ("an IPv6 address is called unreachable where others answer over IPv6",
     [*OK, *OVER_IPV6, dns(IPV6, question="AAAA"), *twice(broken, IPV6, "connect", "host_unreachable")],
     ("blocked", "tcp", "stopped-tcp")),
    ("a true IPv6 answer that leads nowhere here excuses no false IPv4 one",
     [*OK, dns(FALSE), *twice(broken, FALSE, "connect", "generic_timeout_error"), dns(IPV6, question="AAAA"),
      *twice(broken, IPV6, "connect", "generic_timeout_error"), dns(GENUINE, **TRUSTED),
      dns(IPV6, question="AAAA", **TRUSTED), page(**TRUSTED)], ("blocked", "dns", "dns-lies")),
    ("a false IPv4 answer, and the true IPv6 address stopped",
     [*OK, *OVER_IPV6, dns(FALSE), *twice(broken, FALSE, "connect", "generic_timeout_error"),
      dns(IPV6, question="AAAA"), *twice(broken, IPV6, "connect", "generic_timeout_error"), dns(GENUINE, **TRUSTED),
      dns(IPV6, question="AAAA", **TRUSTED), page(**TRUSTED)], ("blocked", "dns", "dns-lies")),
    ("NXDOMAIN for IPv4 alone, and the true IPv6 address leads nowhere here",
     [*OK, *twice(dns, failure="dns_nxdomain_error"), dns(IPV6, question="AAAA"),
      *twice(broken, IPV6, "connect", "generic_timeout_error"), dns(GENUINE, **TRUSTED),
      dns(IPV6, question="AAAA", **TRUSTED), page(**TRUSTED)], ("blocked", "dns", "dns-fails")),
    ("a private address for this name alone, and no trusted answer",
     [*PUBLIC, dns("10.1.1.1"), *twice(broken, "10.1.1.1", "connect", "generic_timeout_error"),
      dns(failure="generic_timeout_error", **TRUSTED)], ("inconclusive", None, "bogus-unproven")),
    ("a private address where the controls have such addresses too",
     [*OK, dns("10.1.1.1"), *twice(broken, "10.1.1.1", "connect", "generic_timeout_error")],
     ("blocked", "tcp", "stopped-tcp")),
    ("a name that is gone, and a provider that sends such names to a page of its own",
     [*OK, dns(FALSE), *forged(FALSE, "ads.example"), dns(failure="dns_nxdomain_error", **TRUSTED)],
     ("down", "dns", "name-gone")),
    ("a line without IPv4 cannot try an IPv4 address",
     [*OK, dns(GENUINE), broken(GENUINE, "connect", "network_unreachable", flags=(NO_ROUTE_FLAG,))],
     ("inconclusive", None, "not-applicable")),
    ("a handshake of seconds, then no time left for the page",
     [*OK, dns(GENUINE), *twice(broken, GENUINE, "first_byte", "generic_timeout_error", phases=Phases(tls=6.0))],
     ("inconclusive", None, "handshake-progress")),
    ("no page within the deadline after a quick handshake",
     [*OK, dns(GENUINE), *twice(broken, GENUINE, "first_byte", "generic_timeout_error", phases=Phases(tls=0.1))],
     ("blocked", "http", "stopped-http")),
    ("one foreign control is too few",
     [*controls("wiki", *DOMESTIC), dns(GENUINE), *SILENT], ("inconclusive", None, "few-controls")),
    ("the controls were gone after the failures",
     [*OK, dns(GENUINE), *SILENT, *controls(*FOREIGN, works=False, flags=(AFTER,))],
     ("inconclusive", None, "unstable")),
    ("one control of three went down meanwhile",
     [*OK, dns(GENUINE), *SILENT, *controls("wiki", "kernel", flags=(AFTER,)),
      *control("archive", False, flags=(AFTER,))],
     ("blocked", "tls", "stopped-tls")),
    ("no control answers", [*controls(works=False), dns(GENUINE), *SILENT], ("inconclusive", None, "offline")),
    ("only the trusted resolvers answer, no control does",
     [*controls(works=False), *[resolver_vouched(name) for name in FOREIGN], dns(GENUINE), *SILENT],
     ("inconclusive", None, "offline")),
    ("every certificate is out of date by this clock",
     [broken("192.0.2.1", "tls", "ssl_invalid_certificate", platform=name, role="control", host=f"{name}.example",
             tls=TlsFacts(verified=False, verify_code=10, chain_sha256=("cd" * 32,))) for name in FOREIGN],
     ("inconclusive", None, "offline")),
    ("a page where the controls' handshakes should be",
     [broken("192.0.2.1", "tls", "ssl_failed_handshake", platform=name, role="control", host=f"{name}.example",
             tls=TlsFacts(not_tls="HTTP/1.1 200 OK")) for name in FOREIGN], ("inconclusive", None, "captive-portal")),
    ("a stranger answers for the controls",
     [stranger_at(name) for name in FOREIGN], ("inconclusive", None, "captive-portal")),
    ("a portal redirects the controls to its bare address",
     [*controls(works=False), page(platform="wiki", role="control", host="wiki.example", status=302, cleartext=True,
                                   location="http://[scrubbed]/login")], ("inconclusive", None, "captive-portal")),
    ("domestic controls answer and no foreign one does",
     [*controls(*DOMESTIC), *controls(*FOREIGN, works=False), dns(GENUINE), *SILENT], ("inconclusive", None, "cut")),
    ("a platform that answers in an international cut is not judged either",
     [*controls(*DOMESTIC), *controls(*FOREIGN, works=False), dns(GENUINE), page()], ("inconclusive", None, "cut")),
    ("failures while the device slept are no evidence",
     [*OK, dns(GENUINE), *twice(broken, GENUINE, "tls", "generic_timeout_error", flags=("suspended",))],
     ("inconclusive", None, "unconfirmed")),
    ("cancelled before a control could answer",
     [row for name in FOREIGN for row in control(name, False)]
     + [dns(failure="interrupted", platform="archive", role="control", host="archive.example")],
     ("inconclusive", None, "no-evidence")),
    ("a cancelled probe is no evidence", [*OK, dns(GENUINE, failure="interrupted")],
     ("inconclusive", None, "no-evidence")),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_verdict_when(rows: list[Observation], wanted: tuple[str, str | None, str]) -> None:
    line = platform(judge(rows))
    assert (line.verdict, line.stage, line.rule) == wanted, line.reason


def test_offline_gives_one_line_and_nothing_else() -> None:
    lines = judge([*controls(works=False), dns(GENUINE), *SILENT])
    assert [(line.endpoint, line.reason) for line in lines] == [(None, "offline")]


def test_a_block_says_that_an_outage_is_not_excluded_and_keeps_its_evidence() -> None:
    line = platform(judge([*OK, dns(GENUINE), *SILENT]))
    assert "outage for everyone is not excluded" in line.reason
    assert line.failure == "generic_timeout_error"
    assert {o.id for o in SILENT} <= set(line.observations)


def test_the_failure_of_a_stopped_handshake_is_named_even_if_the_resolver_is_dead() -> None:
    dead = [o for o in OK if o.probe != "dns"]
    silent = twice(dns, failure="dns_servfail_error")
    reset = twice(broken, GENUINE, "tls", "connection_reset", **TRUSTED)
    line = platform(judge([*dead, *silent, dns(GENUINE, **TRUSTED), *reset]))
    assert (line.verdict, line.stage, line.failure) == ("blocked", "tls", "connection_reset")


def test_an_answer_without_addresses_does_not_make_a_resolver_alive() -> None:
    empty = DnsFacts(question="AAAA", transport="udp", answers=(DnsAnswer(after=0.01, rcode="NOERROR"),))
    ipv6 = [seen(probe="dns", platform=n, role="control", resolver="system", dns=empty) for n in FOREIGN]
    rows = [
        *LIED_TO,
        *ipv6,
        dns(FALSE),
        *forged(FALSE, "block.example"),
        dns(GENUINE, **TRUSTED),
        page(**TRUSTED),
    ]
    assert platform(judge(rows)).rule == "works-dead-resolver"


def test_a_handshake_stopped_behind_a_resolver_that_lies_about_everything_is_a_block() -> None:
    false = [dns(FALSE), *twice(broken, FALSE, "connect", "generic_timeout_error")]
    reset = [row for a in (GENUINE, SECOND) for row in twice(broken, a, "tls", "connection_reset", **TRUSTED)]
    line = platform(judge([*LIED_TO, *false, dns(GENUINE, SECOND, **TRUSTED), *reset]))
    assert (line.verdict, line.stage, line.failure) == ("blocked", "tls", "connection_reset")


def test_a_state_root_is_named() -> None:
    rows = [*OK, dns(GENUINE), *forged(GENUINE, HOST, issuer="CN=Qaznet Trust Network,C=KZ")]
    assert "Qaznet" in platform(judge(rows)).reason
