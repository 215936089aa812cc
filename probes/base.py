"""What every probe takes and gives back.

A probe measures one thing once and returns records; deadlines, concurrency, retries and storing belong to
the runner. A network failure is a record, an exception is a mistake of ours.
"""

import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from measurements.ids import uuid7
from measurements.records import Observation, Probe, Role
from measurements.targets import Endpoint, Resolver
from probes.nameservers import system_nameservers
from probes.roots import Roots


@dataclass(frozen=True)
class Vantage:
    """Who measures, as far as records may say (DESIGN section 2, rule 3)."""

    pseudonym: str
    asn: int | None = None
    country: str | None = None
    access: str | None = None


@dataclass(frozen=True)
class Clock:
    """Time and randomness, handed in so that tests can set them."""

    wall: Callable[[], float] = time.time  # Unix seconds
    monotonic: Callable[[], float] = time.perf_counter  # seconds
    random_bytes: Callable[[int], bytes] = os.urandom

    def utc(self) -> datetime:
        return datetime.fromtimestamp(self.wall(), UTC)


@dataclass(frozen=True)
class Deadlines:
    """Seconds each phase may take. 10 s for TCP and TLS is OONI's value, so that results compare."""

    resolve: float = 4.0
    # an unanswered DNS question is sent anew, as system resolvers do: a loss is no silence
    ask_again: float = 1.0
    late_answers: float = 1.0  # the DNS socket stays open this long after the first answer (injection races)
    connect: float = 10.0
    tls: float = 10.0
    http: float = 10.0
    quic: float = 6.0
    # So many times longer waits a second try for a resolver, for a page, and for a server that has our ClientHello:
    # overloaded resolvers take 5 s, overloaded servers 15, and at 1 kbit/s an answer's first segment takes 12 s.
    second_try: float = 2.5


@dataclass(frozen=True)
class Context:
    """What a round shares with all its probes."""

    run_id: str
    vantage: Vantage
    roots: Roots  # the bundled or given ones
    clock: Clock = field(default_factory=Clock)
    deadlines: Deadlines = field(default_factory=Deadlines)
    network: Callable[[], bytes] = bytes  # tells this network from others; compared, never stored
    scrub: Callable[[str], str] = lambda text: text  # removes the vantage's own addresses and names
    # User-Agent of one who must say who asks (`efir targets check`); None = a browser's, as volunteers need it.
    user_agent: str | None = None
    nameservers: Callable[[], tuple[str, ...]] = system_nameservers  # of the `system` resolver

    def new_id(self) -> str:
        return uuid7(self.clock.wall(), self.clock.random_bytes)


@dataclass(frozen=True)
class Target:
    """One thing to probe: an endpoint, at one address, told by one resolver."""

    platform: str
    role: Role
    endpoint: Endpoint
    address: str | None = None  # None for dns probes
    resolver: Resolver | None = None  # asked (dns), or that told the address
    question: Literal["A", "AAAA"] = "A"
    sni: str | None = None  # None = the endpoint's host
    attempt: int = 1


ProbeFunction = Callable[[Target, Context], Awaitable[Observation]]


def blank(target: Target, context: Context, probe: Probe) -> dict[str, object]:
    """The fields every observation of `target` starts from, for `Observation(**...)`."""
    address = target.address
    return {
        "id": context.new_id(),
        "run_id": context.run_id,
        "vantage": context.vantage.pseudonym,
        "asn": context.vantage.asn,
        "country": context.vantage.country,
        "access": context.vantage.access,
        "time": context.clock.utc(),
        "platform": target.platform,
        "endpoint": target.endpoint.id,
        "role": target.role,
        "probe": probe,
        "host": target.endpoint.host,
        "address": address,
        "family": None if address is None else (6 if ":" in address else 4),
        "port": target.endpoint.target_port,
        "resolver": target.resolver.id if target.resolver else None,
        "attempt": target.attempt,
    }
