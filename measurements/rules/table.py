"""The rules: ordered, each with an id, a condition and a comment; the first match wins.

A condition names facts (fields of `EndpointFacts` or `QuicFacts`) and the values they must have; a tuple means "one
of". Reasons are English text for people; `{failure}`, `{interceptor}` and `{note}` are filled in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Final

from measurements.verdicts import Verdict, VerdictStage

VERSION: Final = "2026-11-22.5"  # changes whenever a rule does

FALSE_ANSWER: Final = "dns-lies"  # id of the rule that shows an answer to be false by where it leads
DEAD_RESOLVER: Final = "works-dead-resolver"  # id of the rule for a resolver that is of use for nothing

# Ids of the rules for what this line does not carry at all: such an endpoint does not count for its platform.
NOT_APPLICABLE: Final = frozenset({"not-applicable", "port-80-proxied"})

NOT_EXCLUDED: Final = "an outage for everyone is not excluded"


@dataclass(frozen=True, eq=False)  # a rule is itself, not its text: hashing a table must be cheap
class Rule:
    """One line of the table."""

    id: str
    when: dict[str, object]
    verdict: Verdict
    stage: VerdictStage | None
    reason: str
    comment: str


# fmt: off
ENDPOINT_RULES: Final[tuple[Rule, ...]] = (
    Rule("no-evidence", {"evidence": False}, "inconclusive", None,
         "no_evidence: nothing was measured, or the round was cancelled",
         "A cancelled probe is no evidence of anything."),
    Rule("not-applicable", {"applicable": False}, "inconclusive", None,
         "not_applicable: nothing can be reached over this address family on this line",
         "IPv6 (or IPv4) without a route, or with one that leads nowhere, says nothing about a platform."),
    Rule("cleartext-everywhere", {"everywhere": True}, "inconclusive", None,
         "cleartext_everywhere: the controls get the same on port 80, so it is not meant for this platform",
         "Notices that come before a first page, offices that let nothing out on port 80."),
    Rule("cleartext-misled", {"cleartext": True, "works": "system", "misled": "by_name"}, "blocked", "dns",
         "the resolver's answer for this host is false, as its verified twin shows: somebody else answers there",
         "A false answer leads to a block page in clear text, and to a certificate that is not the host's."),
    Rule("cleartext-astray", {"cleartext": True, "works": "system", "misled": "always"}, "inconclusive", None,
         "dead_resolver: the system's resolver is of use for nothing, so what answered there is not the host",
         "A resolver that sends every name to one place says nothing about a platform."),
    Rule("cleartext-unstable", {"cleartext": True, "works": "system", "http": "missed", "stable": False},
         "inconclusive", None,
         "line_unstable: an unexpected answer in clear text, and the controls stopped answering during the round",
         "A portal whose time is up answers for everybody."),
    Rule("cleartext-unconfirmed", {"cleartext": True, "works": "system", "http": "missed", "confirmed": False},
         "inconclusive", None,
         "unconfirmed: an unexpected answer in clear text, and none at a second try",
         "A notice comes in the place of one page, and a proxy's trouble passes."),
    Rule("cleartext-tampered",
         {"cleartext": True, "works": ("system", "trusted"), "http": "missed", "twin_works": True}, "blocked", "http",
         "the clear-text answer is not the platform's, while the platform answers as expected over verified TLS",
         "Known block page or not: on a clear-text endpoint the verified twin is the judge."),
    Rule("cleartext-block-page",
         {"cleartext": True, "works": ("system", "trusted"), "http": "missed", "block_page": True,
          "enough_controls": True}, "blocked", "http",
         "the clear-text answer is a known block page{note}",
         "A page that was published as a block page, while others get the site's own."),
    Rule("cleartext-unclear", {"cleartext": True, "works": ("system", "trusted"), "http": ("missed", "server_error")},
         "inconclusive", None,
         "unverified_answer: an unexpected answer in clear text, and nothing verified to hold it against",
         "Anyone on the way can write a clear-text answer, and so can a changed server."),
    Rule("server-error", {"works": "system", "http": "server_error"}, "down", "http",
         "the server itself says it fails (5xx over verified TLS)",
         "Nobody on the way can write into verified TLS: the server is in trouble."),
    Rule("answers-otherwise", {"works": "system", "http": "missed"}, "accessible", None,
         "the server answers over verified TLS, though not as expected (CAPTCHA, redirect, region page)",
         "Over verified TLS an unexpected page is the platform's own choice, never censorship."),
    Rule("works", {"works": "system"}, "accessible", None,
         "works as on an open network",
         "An answer that leads to a valid certificate is good, whatever the address; any address is enough."),
    Rule(DEAD_RESOLVER, {"works": "trusted", "dns": ("dead", "none")}, "accessible", None,
         "works at an address from a trusted resolver; the system's resolver is of use for nothing, controls included",
         "A resolver that fails for everything says nothing about a platform."),
    Rule("cut", {"situation": "international_cut"}, "inconclusive", None,
         "international_cut: domestic controls answer and no foreign one does",
         "When the whole world is cut off, nothing is said about one platform."),
    Rule("unstable", {"stable": False}, "inconclusive", None,
         "line_unstable: the controls stopped answering during the round",
         "A flapping line makes everything fail for a while."),
    Rule("unconfirmed", {"confirmed": False}, "inconclusive", None,
         "unconfirmed: failed once, and the retry did not fail in every way",
         "One lost packet is not a block."),
    Rule("forged-certificate", {"certificate": "forged"}, "intercepted", "tls",
         "a certificate for this very name that no public root vouches for{interceptor}",
         "Also behind a false DNS answer: a forgery for the name is interception (DESIGN section 6)."),
    Rule("unsteady-resolver", {"dns": "unsteady"}, "inconclusive", None,
         "unsteady_resolver: no answer for this name ({failure}), and at times the same for a control's",
         "Some resolvers answer a person only so many questions a second, and refuse the others."),
    Rule("dns-fails", {"dns": "fails", "works": "trusted"}, "blocked", "dns",
         "the resolver fails for this name ({failure}) but answers for the controls; a trusted answer works",
         "NXDOMAIN, SERVFAIL, REFUSED, an empty answer or silence, repeated, for this name alone."),
    Rule(FALSE_ANSWER, {"dns": "lies", "works": "trusted"}, "blocked", "dns",
         "the resolver's answer leads nowhere ({failure}); a trusted answer works{note}",
         "No common address with the trusted answer, and not one of its own works."),
    Rule("name-gone", {"trusted": "no_such_name"}, "down", "dns",
         "the name does not exist, says a trusted resolver as well",
         "Gone for everyone, also where the provider's resolver sends names that do not exist to a page of its own."),
    Rule("fails-elsewhere", {"fails_elsewhere": True}, "down", None,
         "a vantage outside cannot reach it either",
         "Positive evidence from our helper or a test helper."),
    Rule("bogus-unproven", {"bogus": True, "trusted": ("fails", "not_asked")}, "inconclusive", None,
         "no_trusted_answer: the resolver's answer cannot be on the Internet, and no trusted answer leads further",
         "Nobody stopped a connection there: false or broken, which of them only a trusted answer tells."),
    Rule("unknown-certificate", {"certificate": "unknown"}, "intercepted", "tls",
         "a certificate that no public root vouches for{interceptor}",
         "The address is not shown to be false, so somebody on the way answers in its place."),
    Rule("faulty-certificate", {"certificate": "faulty"}, "inconclusive", None,
         "faulty_certificate: {failure}; a public root stands behind it, so it may be the server's own fault",
         "Expired or for another name: misconfigured servers do this every day."),
    Rule("handshake-progress", {"progress": True}, "inconclusive", None,
         "slow: bytes came but too few in time; evidence of slowing, not of a block (measure with `efir throttle`)",
         "A timeout with progress is for the throttling test to judge."),
    Rule("neutral-fails-alike", {"neutral_fails_alike": True}, "down", "tls",
         "a neutral name fails in the same way on the same address",
         "Whatever stops it does not look at the platform's name."),
    Rule("server-garbles", {"failure": "http_request_failed", "cleartext": False}, "inconclusive", None,
         "garbled_answer: over verified TLS the server's answer is not HTTP, or breaks off",
         "Nobody on the way can write into verified TLS: this is the server's own doing."),
    Rule("few-controls", {"enough_controls": False}, "inconclusive", None,
         "few_controls: it fails ({failure}), but fewer than two foreign controls work to hold it against",
         "Two foreign controls on other networks are the least to call a failure a block."),
    Rule("dns-unproven", {"failed_at": "resolve"}, "inconclusive", None,
         "no_trusted_answer: the resolver fails for this name ({failure}) and no trusted answer leads further",
         "Without a trusted answer a broken name and a blocked one look alike."),
    Rule("residual", {"failed_at": "connect", "reached": True}, "inconclusive", None,
         "residual: no connection ({failure}), but the same address was reached under another name in this round",
         "After a forbidden name some boxes close the whole address for a while: it may be closed for others' sake."),
    Rule("port-80-proxied", {"failed_at": ("first_byte", "transfer"), "other_port": True}, "inconclusive", None,
         "not_applicable: port 80 passes web pages only ({failure}), and another port of the same address answers",
         "Proxies of mobile networks on port 80 understand HTTP alone; a block of the address takes all its ports."),
    Rule("stopped-tcp", {"failed_at": "connect"}, "blocked", "tcp",
         "no address can be connected to ({failure}) while the controls work; " + NOT_EXCLUDED,
         "Every address, confirmed, two foreign controls on other networks fine."),
    Rule("stopped-tls", {"failed_at": "tls"}, "blocked", "tls",
         "the TLS handshake is stopped at every address ({failure}) while the controls work; " + NOT_EXCLUDED,
         "The main signature seen in Kazakhstan: TCP connects, nothing comes after the ClientHello (OONI 2024)."),
    Rule("stopped-http", {"failed_at": ("first_byte", "transfer")}, "blocked", "http",
         "the request is stopped at every address ({failure}) while the controls work; " + NOT_EXCLUDED,
         "A reset, an end or silence after the request was sent."),
    Rule("contradictory", {}, "inconclusive", None,
         "contradictory: the observations do not fit together",
         "The catch-all; every round that ends here is a reason to look."),
)

QUIC_RULES: Final[tuple[Rule, ...]] = (
    Rule("quic-works", {"works": True}, "accessible", None, "QUIC works", "One address is enough."),
    Rule("quic-unstable", {"stable": False}, "inconclusive", "quic",
         "line_unstable: the controls stopped answering during the round", "As for TCP."),
    Rule("quic-unconfirmed", {"confirmed": False}, "inconclusive", "quic",
         "unconfirmed: QUIC failed once ({failure})", "As for TCP."),
    Rule("quic-progress", {"progress": True}, "inconclusive", "quic",
         "slow: bytes came over QUIC but too few in time; evidence of slowing, not of a block", "As for TCP."),
    Rule("quic-few-controls", {"enough_controls": False}, "inconclusive", "quic",
         "few_controls: QUIC fails ({failure}), but fewer than two foreign controls work", "As for TCP."),
    Rule("quic-none-anywhere", {"elsewhere": False, "only_one": False}, "inconclusive", "quic",
         "udp_blocked: QUIC works to no host at all; the line may carry no UDP on port 443",
         "Many networks drop UDP/443 for everyone."),
    Rule("quic-stopped", {}, "blocked", "quic",
         "QUIC fails at every address ({failure}); " + NOT_EXCLUDED,
         "TCP is judged apart: a browser falls back to it."),
)
# fmt: on


def first_match(rules: tuple[Rule, ...], facts: object) -> Rule:
    """The first rule whose every named fact has its value; the last rule matches always.

    What was asked once is remembered: imports judge thousands of measurements a second, and few facts differ.
    """
    return _first_match(rules, _reader(rules)(facts))


@cache
def _reader(rules: tuple[Rule, ...]) -> Callable[[object], tuple[object, ...]]:
    """Gives the values of all facts that some rule names."""
    return attrgetter(*_names(rules))


@cache
def _names(rules: tuple[Rule, ...]) -> tuple[str, ...]:
    return tuple(sorted({name for rule in rules for name in rule.when}))


@cache
def _first_match(rules: tuple[Rule, ...], values: tuple[object, ...]) -> Rule:
    given = dict(zip(_names(rules), values, strict=True))
    for rule in rules:
        if all(_holds(given[name], wanted) for name, wanted in rule.when.items()):
            return rule
    raise LookupError("the table has no catch-all rule")


def _holds(value: object, wanted: object) -> bool:
    return value in wanted if isinstance(wanted, tuple) else value == wanted
