"""What the observations of one endpoint amount to, before any rule is asked.

Everything here is counting and set algebra; nothing is concluded. `EndpointFacts` can also be filled from other
sources (imported OONI measurements do so), and is then judged by the same rules.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from measurements.bogons import is_bogon
from measurements.interceptors import forged_for, recognise
from measurements.records import Observation
from measurements.rules.addresses import Addresses, Works, is_trusted, late_addresses
from measurements.rules.cleartext import everywhere
from measurements.rules.controls import FOREIGN_NEEDED
from measurements.rules.line import NO_ROUTE, Line, Situation
from measurements.rules.pages import Http, best_answer, refuses
from measurements.rules.watch import alive
from measurements.targets import Endpoint

NEUTRAL = "neutral_sni"  # flag of a handshake made with the neutral name, as a comparison
NO_ROUTE_FLAG = "no_route"  # nothing was sent: this device has no route for the address's family
# A handshake this slow is what slowing looks like in Kazakhstan (2-4 s and more, OONI 2023); a request that then runs
# out of time was not stopped.
SLOW_HANDSHAKE = 2.0
SPOILERS = frozenset({"suspended", "network_changed"})  # flags of probes/mishaps.py
TRIES_TO_CONFIRM = 2  # a failure counts after a retry (DESIGN section 6)
TIMEOUTS = frozenset({"generic_timeout_error", "timed_out"})
NO_SUCH_NAME = frozenset({"dns_nxdomain_error", "dns_no_answer"})

Dns = Literal["answers", "fails", "unsteady", "dead", "lies", "none"]
_NO_ADDRESS: frozenset[Dns] = frozenset({"fails", "unsteady", "dead"})
Trusted = Literal["answers", "no_such_name", "fails", "not_asked"]
Certificate = Literal["forged", "unknown", "faulty", "fine"]
Misled = Literal["no", "by_name", "always"]
FailedAt = Literal["connect", "tls", "first_byte", "transfer", "resolve", "none"]


class EndpointFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Facts about one endpoint in one round; the words that rules match on."""

    situation: Situation = "online"
    evidence: bool = True  # something was measured and not cancelled
    applicable: bool = True  # False: only tried over a family that carries nothing on this line
    # reached as expected over an address of the system's resolver, or only over a trusted one
    works: Works = "no"
    dns: Dns = "none"
    bogus: bool = False  # the resolver's addresses cannot be on the Internet, while the controls' are
    trusted: Trusted = "not_asked"
    certificate: Certificate = "fine"
    http: Http = "none"
    cleartext: bool = False
    twin_works: bool = False  # the platform answers as expected over verified TLS (for clear-text endpoints)
    # As the verified twin shows, the resolver's answer is false: for this host, or for the controls too.
    misled: Misled = "no"
    other_port: bool = (
        False  # on port 80: the platform answers as expected on another port of the same address
    )
    everywhere: bool = False  # on port 80 two controls got the same answer, or the same failure
    block_page: bool = False  # the clear-text page is a published block page (OONI only)
    failed_at: FailedAt = "none"
    confirmed: bool = False  # failed again on the retry (or the retry rule is waived)
    progress: bool = False  # a timeout, but bytes came: slowness, not a stop
    neutral_fails_alike: bool = False  # the neutral name fails in the same way on the same address
    reached: bool = False  # every failing address could be connected to under another name, in the same round
    fails_elsewhere: bool = False  # a vantage outside cannot reach it either
    enough_controls: bool = False
    stable: bool = True
    failure: str | None = None
    # Not matched on; carried into the verdict.
    interceptor: str | None = None
    note: str | None = None
    evidence_ids: tuple[str, ...] = ()


def gather(
    endpoint: Endpoint,
    observations: Iterable[Observation],
    line: Line,
    *,
    platform_hosts: Sequence[str] = (),
    twin_works: bool = False,
    other_port: bool = False,
    misled: Misled = "no",
    fails_elsewhere: bool = False,
    retry_waived: bool = False,
) -> EndpointFacts:
    """Facts of `endpoint` from its observations in one round (QUIC is apart: `quic_facts`)."""
    rows = [o for o in observations if o.probe not in ("quic", "transfer") and not spoiled(o)]
    neutral = [o for o in rows if NEUTRAL in o.flags]
    rows = [o for o in rows if NEUTRAL not in o.flags]
    asked = [o for o in rows if o.probe == "dns"]
    tried = [o for o in rows if o.probe != "dns"]
    reachable = [o for o in tried if not no_family(o, line)]
    view = Addresses(endpoint, asked, reachable)
    tries = 1 if retry_waived else TRIES_TO_CONFIRM
    dns = _dns(asked, view, line)
    bogus = _bogus(endpoint, view, line)
    failing = view.failing()
    genuine = view.genuine(failing)
    chosen = _most_telling(genuine)
    answers = view.answers()
    http = best_answer(endpoint, answers, platform_hosts)
    unhappy = chosen if view.works == "no" else next(iter(answers), None) if http != "fine" else None
    return EndpointFacts(
        situation=line.situation,
        evidence=bool(rows),
        applicable=not (tried and not reachable),
        works=view.works,
        dns=dns,
        bogus=bogus,
        trusted=_trusted(asked),
        certificate=_certificate(endpoint, failing, genuine),
        http=http,
        cleartext=endpoint.scheme == "http",
        twin_works=twin_works,
        misled=misled,
        other_port=other_port,
        everywhere=everywhere(unhappy, line.cleartext),
        failed_at=_failed_at(chosen, dns),
        confirmed=_confirmed(asked, view, dns, tries),
        progress=any(_progress(o) for o in failing),
        neutral_fails_alike=_alike(neutral, chosen),
        reached=all((o.address, o.port) in line.reached for o in failing),
        fails_elsewhere=fails_elsewhere,
        enough_controls=line.foreign_ok >= FOREIGN_NEEDED,
        stable=line.stable and all(alive(o, line.watch) for o in _retries(asked, view, dns, failing)),
        failure=_failure(chosen, asked, view, dns, bogus),
        interceptor=_interceptor(failing),
        note=_note(asked, view, dns),
        evidence_ids=tuple(o.id for o in rows + neutral),
    )


def spoiled(row: Observation) -> bool:
    """True for what was cancelled, or failed while the device slept or changed its network: no evidence."""
    return row.failure == "interrupted" or (row.failure is not None and not SPOILERS.isdisjoint(row.flags))


def no_route(row: Observation) -> bool:
    """True if this record alone says that the line has no way for its family; for IPv4 only if nothing was sent."""
    return NO_ROUTE_FLAG in row.flags or (row.family == 6 and row.failure in NO_ROUTE)


def no_family(row: Observation, line: Line) -> bool:
    """True if the line has no way for this address's family: no route, or nobody at all answers over it."""
    return NO_ROUTE_FLAG in row.flags or (row.family is not None and row.family not in line.families)


def _dns(asked: list[Observation], view: Addresses, line: Line) -> Dns:
    own = [o for o in asked if not is_trusted(o)]
    if not own:
        return "none"
    if view.told and not view.lies:
        return "answers"
    if not any(o.resolver in line.resolvers_alive for o in own):
        return "dead"  # silent for the controls too, or false for them too
    if view.told:
        return "lies"
    last = max(own, key=lambda o: (bool(o.dns and o.dns.question == "A"), o.attempt))
    return "unsteady" if (last.resolver, last.failure) in line.unsteady else "fails"


def _bogus(endpoint: Endpoint, view: Addresses, line: Line) -> bool:
    """No address of the system's can be on the Internet, and nothing shows that such addresses are usual here."""
    if endpoint.fixed_address is not None or line.inner or any(map(is_bogon, view.trusted)):
        return False
    return bool(view.told) and all(map(is_bogon, view.told))


def _trusted(asked: list[Observation]) -> Trusted:
    rows = [o for o in asked if is_trusted(o)]
    if not rows:
        return "not_asked"
    if any(o.failure is None for o in rows):
        return "answers"
    # One trusted resolver that knows the name is missing is enough, if none contradicts it.
    ipv4 = [o for o in rows if o.dns and o.dns.question == "A"]
    return "no_such_name" if any(o.failure in NO_SUCH_NAME for o in ipv4) else "fails"


def _certificate(endpoint: Endpoint, failing: list[Observation], genuine: list[Observation]) -> Certificate:
    """A forgery for the very name counts wherever it was shown, another stranger's only at a genuine address."""
    untrusted = [o for o in failing if o.failure == "ssl_unknown_authority"]
    if any(o.tls and forged_for(endpoint.host or "", o.tls.names) for o in untrusted):
        return "forged"
    if any(o.failure == "ssl_unknown_authority" for o in genuine):
        return "unknown"
    if any(o.failure in ("ssl_invalid_hostname", "ssl_invalid_certificate") for o in genuine):
        return "faulty"
    return "fine"


def _most_telling(failing: list[Observation]) -> Observation | None:
    """An observation of the most frequent (stage, failure)."""
    counts = Counter((o.stage, o.failure) for o in failing)
    if not counts:
        return None
    common = counts.most_common(1)[0][0]
    return next(o for o in failing if (o.stage, o.failure) == common)


def _failed_at(chosen: Observation | None, dns: Dns) -> FailedAt:
    if chosen is not None and chosen.stage is not None:
        return chosen.stage
    return "resolve" if dns in _NO_ADDRESS else "none"


def _progress(row: Observation) -> bool:
    if row.failure not in TIMEOUTS:
        return False
    if row.tcp_info.get("rcv_ooopack", 0) > 0:
        return True  # segments behind a gap: full-size packets are lost, as where a tunnel's MTU is told to nobody
    if row.stage == "tls":
        return row.tls is not None and row.tls.received > 0
    if row.stage == "first_byte":
        return (row.phases.tls or 0.0) >= SLOW_HANDSHAKE
    return row.stage == "transfer"


def _confirmed(asked: list[Observation], view: Addresses, dns: Dns, tries: int) -> bool:
    """Every failing address failed again; where DNS gave none, the question was asked again.

    An endpoint that answers was tried again there, or gave an answer after which that is not done.
    """
    if view.works == "system":
        return any(view.tries(o.address or "") >= tries or refuses(o) for o in view.answers())
    if dns in _NO_ADDRESS and not view.told:
        questions = [o.attempt for o in asked if not is_trusted(o) and o.dns and o.dns.question == "A"]
        if max(questions, default=0) < tries:
            return False
    failing = {o.address or "" for o in view.failing()}
    return all(view.tries(address) >= tries for address in failing) and bool(failing or dns != "answers")


def _retries(
    asked: list[Observation], view: Addresses, dns: Dns, failing: list[Observation]
) -> list[Observation]:
    """The last tries that failed, at addresses and of the resolver that gave none."""
    questions = [o for o in asked if not is_trusted(o) and o.dns and o.dns.question == "A"]
    silent = questions[-1:] if dns == "fails" else []
    return silent + view.last_tries(failing)


def _alike(neutral: list[Observation], chosen: Observation | None) -> bool:
    """Only a TLS failure can be compared: before it, no name was sent."""
    if chosen is None or chosen.stage != "tls" or not neutral:
        return False
    return all(o.stage == chosen.stage and o.failure == chosen.failure for o in neutral)


def _failure(
    chosen: Observation | None, asked: list[Observation], view: Addresses, dns: Dns, bogus: bool
) -> str | None:
    if view.works == "no" and _trusted(asked) == "no_such_name":
        return next(o.failure for o in asked if is_trusted(o) and o.failure in NO_SUCH_NAME)
    if dns in _NO_ADDRESS and (chosen is None or view.works != "no"):
        own = [o for o in asked if not is_trusted(o) and o.dns and o.dns.question == "A"]
        return own[-1].failure if own else None
    if bogus and (dns == "lies" or not view.trusted):
        return "dns_bogon_error"
    return chosen.failure if chosen else None


def _interceptor(failing: list[Observation]) -> str | None:
    for row in failing:
        known = recognise(row.tls) if row.tls and row.failure == "ssl_unknown_authority" else None
        if known:
            return f"{known.title} [{known.id}]"
    return None


def _note(asked: list[Observation], view: Addresses, dns: Dns) -> str | None:
    raced = any(late_addresses(o) for o in asked if not is_trusted(o))
    if raced:
        return "two different answers came to one question"
    if dns == "answers" and view.working and len(view.working) < len(view.by_address):
        return f"{len(view.working)} of {len(view.by_address)} addresses work"
    return None
