"""What a scenario is: a link, a world and a censor's rules. Types only, no I/O.

Conventions of every type here: times are seconds, rates are bits per second of whole IP packets (headers included),
sizes are bytes, `hop` counts from 1 (nearest to the client), and "down" means towards the client. A tuple in a trigger
means "any of these"; an empty one means "whatever it is".

A *subscriber* is one client address. A *flow* is one (protocol, client address and port, server address and port).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lab.expect import Expect
from lab.world.changes import WorldChanges
from measurements.targets import Endpoint

Direction = Literal["up", "down", "both"]
Scope = Literal["connection", "address", "subscriber"]
Packets = Literal["all", "syn", "data", "acks"]

SECONDS_A_DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class Window:
    """The part of time in which something happens: [start, end), again every `every` seconds.

    `clock` "scenario" counts from the moment the scenario was loaded into the path; "utc_day" counts from 00:00 UTC of
    the wall clock's day (then `every` is a day, and 20:00 is 72000).
    """

    start: float = 0.0
    end: float = float("inf")
    every: float | None = None  # None = once
    clock: Literal["scenario", "utc_day"] = "scenario"


# --- the link ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Hop:
    """A router on the path."""

    ipv4: str  # the address that its ICMP messages come from
    ipv6: str
    answers: bool = True  # False: packets that expire here vanish without an ICMP message


@dataclass(frozen=True, kw_only=True)
class CrossTraffic:
    """Other people's packets in the bottleneck's queue: Poisson arrivals of full-size packets, they answer to no loss.

    Needs a link rate in the direction it loads.
    """

    up: float = 0.0  # mean bits/s
    down: float = 0.0  # mean bits/s
    window: Window = Window()


@dataclass(frozen=True, kw_only=True)
class Fading:
    """A radio link: the link's rates times exp(x), where x is a first-order autoregressive Gaussian."""

    log_sd: float  # standard deviation of x
    correlation: float = 1.0  # seconds in which the autocorrelation falls to 1/e


def default_hops(count: int) -> tuple[Hop, ...]:
    """`count` answering routers with addresses of their own (RFC 1918 and RFC 3849)."""
    return tuple(Hop(ipv4=f"10.99.0.{n}", ipv6=f"2001:db8:99::{n:x}") for n in range(1, count + 1))


@dataclass(frozen=True, kw_only=True)
class Link:
    """The way between the client and all servers. Its MTU is 1500 unless told otherwise; nothing is offloaded."""

    hops: tuple[Hop, ...] = default_hops(5)
    one_way_delay: float = 0.010  # of the whole path, spread evenly over its hops
    jitter: float = 0.0  # standard deviation; |normal| is added to each packet's one-way delay
    in_order: bool = True  # False: jitter may reorder packets
    loss_up: float = 0.0  # share of packets lost at random, 0 to 1
    loss_down: float = 0.0
    rate_up: float | None = None  # the access link's rate; None = no limit
    rate_down: float | None = None
    queue: int = 128_000  # bytes before the access link in each direction; what does not fit is dropped
    cross_traffic: CrossTraffic | None = None
    fading: Fading | None = None  # needs a rate
    outages: Window | None = None  # all packets are lost in it (a flapping link)
    ipv4: bool = True  # False: the client has no IPv4 address and no route
    ipv6: bool = True  # False: the client has no IPv6 address and no route
    ipv6_broken: bool = False  # the client has an IPv6 address and route, but its packets vanish
    mtu: int = 1500


# --- what sets a rule off ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """Which flows a rule is about. All kinds that are given must hold; none given matches every flow.

    Names: "youtube.com" matches that name alone, "*.youtube.com" every name below it, "*" any name. A flow that a name
    trigger matched stays matched until it ends. Of the four kinds of names a flow needs to show one (`sni` and
    `quic_sni` together mean "over TLS or over QUIC").
    """

    dns: tuple[str, ...] = ()  # name asked for over port 53, UDP or TCP
    dns_types: tuple[str, ...] = ()  # "A", "AAAA", "HTTPS" ...; narrows `dns`
    sni: tuple[str, ...] = ()  # server_name of a TLS ClientHello over TCP, on any port
    quic_sni: tuple[str, ...] = ()  # server_name inside a QUIC version 1 Initial
    host: tuple[str, ...] = ()  # Host header of a clear-text HTTP/1 request
    prefixes: tuple[str, ...] = ()  # of the server's address: "203.0.113.0/24", "2001:db8::7"
    ports: tuple[int, ...] = ()  # of the server
    protocols: tuple[Literal["tcp", "udp", "icmp"], ...] = ()
    # "first_segment" is a box that looks at one packet only: a name that is cut in two, or comes second, escapes it
    reassembly: Literal["stream", "first_segment"] = "stream"


# --- what a rule does -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class DnsAnswer:
    """Answer the question in the resolver's name (forge, bogon, NXDOMAIN, SERVFAIL, REFUSED, empty)."""

    addresses: tuple[str, ...] = ()  # those of the family asked for are given; none left = an empty answer
    rcode: Literal["NOERROR", "SERVFAIL", "NXDOMAIN", "REFUSED"] = "NOERROR"
    record_ttl: int = 300  # seconds
    race: bool = False  # True: the question goes on to the resolver too, whose answer comes second
    ip_ttl: int = 64  # IP time-to-live with which the forged packet leaves the box


@dataclass(frozen=True, kw_only=True)
class Drop:
    """Let nothing through. With `after_bytes` on the rule this is the freeze after N bytes."""


@dataclass(frozen=True, kw_only=True)
class Reset:
    """Forge a TCP reset; on a SYN this is "connection refused"."""

    to: Literal["client", "server", "both"] = "both"
    drop: bool = True  # False: a box beside the path, which cannot hold the packet back
    ip_ttl: int = 64


@dataclass(frozen=True, kw_only=True)
class Unreachable:
    """Drop, and send the sender an ICMP "destination unreachable" (RFC 792, RFC 4443)."""

    code: Literal["network", "host", "port", "prohibited"] = "host"


@dataclass(frozen=True, kw_only=True)
class Fin:
    """End the connection politely in the server's name, and drop what follows."""


@dataclass(frozen=True, kw_only=True)
class TlsAlert:
    """Send a fatal TLS alert in the server's name, end the connection, and drop what follows."""

    description: int = 40  # RFC 8446 section 6; 40 = handshake_failure


@dataclass(frozen=True, kw_only=True)
class Dribble:
    """Cut what the server sends into small segments and let one pass now and then."""

    chunk: int = 64  # bytes of TCP payload a segment
    interval: float = 0.5  # seconds between segments


@dataclass(frozen=True, kw_only=True)
class Intercept:
    """Lead the flow to another server, which sees and answers it in the real one's name.

    Without a name in the trigger the flow goes there from its first packet. With one, the connection is taken over when
    the name is seen: the box opens its own towards the intercepting server and translates between the two.
    """

    ipv4: str  # of the intercepting server in the world
    ipv6: str
    port: int | None = None  # None = the port that the client asked for


@dataclass(frozen=True, kw_only=True)
class BlockPage:
    """Answer an HTTP request in the server's name, and reset the connection towards the server."""

    status: int = 403
    location: str | None = None  # of a redirect; then `status` is a 3xx
    body: str = "<html><head><title>Blocked</title></head><body>Access is restricted.</body></html>"


@dataclass(frozen=True, kw_only=True)
class Police:
    """Token bucket that drops what is over the rate; one for each direction, `Rule.scope` says of whom."""

    rate: float  # bits/s of IP packets
    burst: int = 32_000  # bytes


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Queue that delays what is over the rate and drops what does not fit; one for each direction."""

    rate: float  # bits/s of IP packets
    queue: int = 64_000  # bytes


@dataclass(frozen=True, kw_only=True)
class Lose:
    """Drop packets at random."""

    probability: float  # 0 to 1


@dataclass(frozen=True, kw_only=True)
class Delay:
    """Hold each packet back; order is kept."""

    seconds: float


Action = (
    DnsAnswer
    | Drop
    | Reset
    | Unreachable
    | Fin
    | TlsAlert
    | Dribble
    | Intercept
    | BlockPage
    | Police
    | Shape
    | Lose
    | Delay
)


# --- the rule and the scenario ----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One habit of the censor. Rules are tried in order; a packet that one of them dropped meets no further rule."""

    name: str  # unique in the scenario; stands in the log of acts
    trigger: Trigger
    action: Action
    hop: int = 3  # where the box stands; packets whose TTL ends before it are not seen
    unless: Trigger | None = None  # flows that match this are spared (a plan's unlimited platforms)
    direction: Direction = "both"  # packets acted on; what a box *reads* does not depend on it
    packets: Packets = "all"  # "syn", "data" (with payload), "acks" (TCP without payload, SYN, FIN or RST)
    # Whose bucket or queue it is: this flow's; that of all matching flows with the same server address; that of all
    # matching flows of the same client.
    scope: Scope = "connection"
    residual: float = 0.0  # for so long new flows of this client to the same address and port match at once
    # for so long every flow with the same server address matches (contagion, Turkey 2022)
    memory: float = 0.0
    after_bytes: int = 0  # acts once a flow has carried this much transport payload, both directions added
    until_bytes: int | None = None  # and no longer than this (delay of handshakes)
    after_seconds: float = 0.0  # acts once the flow is so old, from its first packet
    times: int | None = None  # acts on so many packets in all, then never again (a single lost SYN)
    share: float = 1.0  # of matching flows that are acted on, drawn by the scenario's seed
    window: Window = Window()


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """An emulated line, world and censor, and what Efir must say of it."""

    name: str  # lower-case words joined by "-"
    title: str  # one line for people
    story: str = ""  # where it was seen, or why it is innocent
    link: Link = Link()
    world: WorldChanges = field(default_factory=WorldChanges)
    rules: tuple[Rule, ...] = ()
    expect: Expect = field(default_factory=Expect)  # the verdicts it must give
    seed: int = 1  # of everything random on the path
    # probed beside the targets file's
    endpoints: Mapping[str, tuple[Endpoint, ...]] = field(default_factory=dict)
    busy: int = 0  # programs beside the prober that each keep a processor busy
    # seconds after which the client is on another network, with another IPv4 address
    moves: float | None = None
