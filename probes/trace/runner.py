"""The traces of one platform: which packets, under which names, in which order.

The control goes first: a target's name may leave a mark on the address (residual blocking), after which the control
would fail too.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from probes.trace import flow, sockets
from probes.trace.decide import decide, distance
from probes.trace.evidence import Finding, Heard, Method, Series
from probes.trace.flow import Object, Wrap
from probes.trace.sockets import Waits
from probes.wire import dns_message

# Longer ways hardly exist; traceroute's own limit.
MOST_HOPS: Final = 30
# So many silent hops in a row and the far end is not to be expected: traceroute's users see the same.
_GIVE_UP: Final = 6
# Each TTL is tried again when nothing was heard: one loss in a hundred is usual on mobile lines.
_TRIES: Final = 2

Send = Callable[[int], list[Heard]]


@dataclass(frozen=True)
class Way:
    """What is traced: `address` serves `name`, and answers `neutral_name` in some way; `resolver` answers both."""

    name: str
    neutral_name: str
    address: str
    port: int
    control_address: str | None
    resolver: str | None


@dataclass(frozen=True)
class Trace:
    """One method's evidence and what it says."""

    method: Method
    target: Series
    control: Series
    finding: Finding


def client_hello(name: str) -> bytes:
    """The first flight of an ordinary handshake."""
    outgoing = ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["http/1.1"])
    tls = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake cannot end before its first answer")


def waits_for(round_trip: float | None) -> Waits:
    """Four round trips and a router's slow path; 0.4 to 2 s."""
    if round_trip is None:
        return Waits()
    return Waits(silence=min(2.0, max(0.4, 4 * round_trip + 0.2)), grace=min(1.0, max(0.05, 2 * round_trip)))


def climb(send: Send, limit: int = MOST_HOPS) -> Series:
    """Send with TTL 1, 2, ... until the far end's word, too long a silence, or `limit`."""
    series, quiet = Series(), 0
    for ttl in range(1, limit + 1):
        for _ in range(_TRIES):
            heard = send(ttl)
            series.add(ttl, heard)
            if heard:
                break
        quiet = quiet + 1 if not heard else 0
        if distance(series) is not None or series.words(ttl) == {"unconnected"} or quiet >= _GIVE_UP:
            break
    return series


def trace(way: Way, random_bytes: Callable[[int], bytes]) -> list[Trace]:
    """DNS, SYN and ClientHello. Raises OSError.

    What cannot be tried is left out: no resolver, no control address, no connection to say hello in.
    """
    found = [] if way.resolver is None else [_dns(way, way.resolver, random_bytes)]
    if way.control_address is not None:
        waits = waits_for(sockets.round_trip(way.control_address, way.port))
        found.append(_syn(way, way.control_address, waits))
    known = next((distance(each.target) for each in found if each.method == "syn"), None)
    if (seconds := sockets.round_trip(way.address, way.port)) is not None:
        found.append(_hello(way, waits_for(seconds), known))
    return found


def _dns(way: Way, resolver: str, random_bytes: Callable[[int], bytes]) -> Trace:
    def asking(name: str) -> Send:
        def send(ttl: int) -> list[Heard]:
            number = int.from_bytes(random_bytes(2), "big")
            query = dns_message.build(name, "A", number)

            def fits(data: bytes) -> bool:
                return dns_message.digest(data, name, "A", number, 0.0).problem is None

            return sockets.datagram(resolver, 53, query, ttl, Waits(), fits)

        return send

    control = climb(asking(way.neutral_name))
    target = climb(asking(way.name), distance(control) or MOST_HOPS)
    return Trace("dns", target, control, decide("dns", target, control))


def _syn(way: Way, control_address: str, waits: Waits) -> Trace:
    def connecting(address: str) -> Send:
        return lambda ttl: sockets.syn(address, way.port, ttl, waits)

    control = climb(connecting(control_address))
    target = climb(connecting(way.address))
    return Trace("syn", target, control, decide("syn", target, control))


def _hello(way: Way, waits: Waits, known_end: int | None) -> Trace:
    def greeting(name: str) -> Send:
        data = client_hello(name)
        return lambda ttl: sockets.hello(way.address, way.port, data, ttl, waits)

    control = climb(greeting(way.neutral_name))
    target = climb(greeting(way.name), distance(control) or MOST_HOPS)
    return Trace("hello", target, control, decide("hello", target, control, known_end))


def trace_flow(way: Way, what: Object, hello: Trace, wrap: Wrap) -> Trace:
    """Where a flow turns slow; `hello` is that method's trace, which found nothing and knows the distance."""
    decoy = client_hello(way.name)
    end = distance(hello.control) or MOST_HOPS
    finding = flow.locate(lambda ttl, limit: flow.seconds(what, decoy, wrap, ttl, limit), end)
    return Trace("flow", Series(), Series(), finding)
