"""Is the line itself fit to judge a platform? Controls answer that before any platform is judged."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from measurements.bogons import is_bogon
from measurements.records import Observation
from measurements.redirects import host_of
from measurements.rules.cleartext import Voice, voices
from measurements.rules.controls import networks, resolvers_alive, stable, unsteady, vouched
from measurements.rules.watch import Greeting, greetings
from measurements.targets import Control

Situation = Literal["online", "offline", "captive_portal", "international_cut"]

# IPv6 failures that say "this line has no such family" where records do not tell what else answered over it (imports).
NO_ROUTE = frozenset(
    {"network_unreachable", "host_unreachable", "address_not_available", "address_family_not_supported"}
)
# A page in a control's place, and RFC 6585's "network authentication required".
PORTAL_STATUS = frozenset({200, 511})
FAMILIES = frozenset({4, 6})
# X509_V_ERR_CERT_NOT_YET_VALID and _HAS_EXPIRED: the chain leads to a public root, so no stranger has made it.
OUT_OF_DATE = frozenset({9, 10})


@dataclass(frozen=True)
class Line:
    """What the controls say about a round.

    `resolvers_alive` holds the ids of resolvers that gave usable addresses for the controls, `unsteady` those that
    failed for a control at times, with the word of the failure. `stable` is False when fewer than two foreign
    controls worked while the second tries ran, or after them. `families` holds the address families (4, 6) over
    which anything at all could be connected to, `reached` each such address and port. `inner`: a control itself
    answers at an address that cannot be on the Internet, so such addresses prove nothing here. `cleartext`: what
    the controls were told on port 80, where they were asked. `watch`: connections to foreign controls beside the
    second tries. `cut_short`: cancelled before any control could answer.
    """

    situation: Situation
    controls_ok: int = 0
    controls_total: int = 0
    foreign_ok: int = 0
    stable: bool = True
    resolvers_alive: frozenset[str] = frozenset()
    unsteady: frozenset[tuple[str | None, str]] = frozenset()
    families: frozenset[int] = FAMILIES
    reached: frozenset[tuple[str | None, int | None]] = frozenset()
    inner: bool = False
    cleartext: Mapping[str, Voice] = field(default_factory=dict)
    watch: tuple[Greeting, ...] = ()
    cut_short: bool = False

    @property
    def online(self) -> bool:
        """Some control answered with a certificate valid for its name."""
        return self.situation in ("online", "international_cut")

    @property
    def international_cut(self) -> bool:
        return self.situation == "international_cut"


def looks_like_portal(observations: Iterable[Observation]) -> bool:
    """True if something other than the controls answers in their place.

    Signs: a certificate that is not theirs, bytes that are no TLS on port 443, or a clear-text answer that is a page of
    its own or a redirect to another host (a control's own redirect to its https twin is no sign). An intercepted
    DoH resolver is no sign: it says nothing about the controls.
    """
    return any(_foreign_voice(o) for o in observations if o.role == "control" and o.probe != "dns")


def _foreign_voice(observation: Observation) -> bool:
    tls, http = observation.tls, observation.http
    if tls is not None:
        stranger = tls.verified is False and bool(tls.chain_sha256) and tls.verify_code not in OUT_OF_DATE
        return stranger or bool(tls.not_tls)
    if http is None or http.status is None:
        return False
    if http.location is not None:
        return not _same_host(observation.host, http.location)
    return http.status in PORTAL_STATUS


def _same_host(host: str | None, location: str) -> bool:
    there = host_of(location)
    return there is None or host is None or there.removeprefix("www.") == host.removeprefix("www.")


def judge_line(observations: Iterable[Observation], controls: Iterable[Control]) -> Line:
    """The line's situation from the observations of the targets file's controls.

    Without any control in the file, any verified handshake of a platform counts as online: there is nothing better to
    go by.
    """
    rows = list(observations)
    listed = {control.id: control for control in controls}
    by_control: dict[str, list[Observation]] = defaultdict(list)
    for row in rows:
        if row.role == "control" and row.platform in listed:
            by_control[row.platform].append(row)
    ok = {name for name, group in by_control.items() if any(map(vouched, group))}
    tried = set(by_control)
    foreign = {name for name in tried if listed[name].scope == "foreign"}
    connected = [o for o in rows if _connected(o)]
    if not listed:
        situation: Situation = "online" if any(map(vouched, rows)) else "offline"
    elif not ok:
        situation = "captive_portal" if looks_like_portal(rows) else "offline"
    elif foreign and not (ok & foreign):
        situation = "international_cut"
    else:
        situation = "online"
    return Line(
        situation=situation,
        cut_short=(not ok and any(o.failure == "interrupted" for o in rows)) or not rows,
        controls_ok=len(ok),
        controls_total=len(listed),
        foreign_ok=networks(ok & foreign, listed),
        stable=stable({name: by_control[name] for name in ok & foreign}, listed),
        resolvers_alive=resolvers_alive([by_control[name] for name in foreign or tried]),
        unsteady=unsteady(by_control.values()),
        families=frozenset(o.family for o in connected if o.family is not None),
        reached=frozenset((o.address, o.port) for o in connected if o.probe != "quic"),
        cleartext=voices(row for group in by_control.values() for row in group),
        watch=greetings((row for name in foreign for row in by_control[name]), listed),
        inner=any(vouched(o) and is_bogon(o.address or "") for group in by_control.values() for o in group),
    )


def _connected(row: Observation) -> bool:
    """Something answered at the address; over QUIC a handshake's silence looks like a connection."""
    return row.failure is None or (row.probe != "quic" and row.stage not in ("connect", "resolve"))
