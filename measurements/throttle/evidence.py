"""What a session hands to the decision: plain facts, nothing concluded."""

from dataclasses import dataclass, field
from typing import Literal

from measurements.records import Direction, Transport
from measurements.throttle.flow import Arm, Flow, Mark
from measurements.throttle.pair import Pair

Plan = Literal["plain", "bundled", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Earlier pairs against a foreign control: same vantage, same clock hour +-1 h, other days."""

    d: tuple[float, ...]  # ln(target / control), one a pair
    days: int  # distinct days, today's not among them
    target_rtt: float | None = None  # median seconds (TCP connect)
    control_rtt: float | None = None
    handshake_d: tuple[float, ...] = ()  # ln(control / target) of the handshake times, one a pair
    out_of_order: float | None = None  # median share of out-of-order segments in the control flows


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Goodputs (bytes per second) of target flows run at the same time, after the pairs; None = not tried."""

    alone: float  # one target flow
    two: float | None = None  # sum of two flows to one address
    two_addresses: float | None = None  # sum of two flows to two addresses
    two_names: float | None = None  # sum of two flows to two addresses under two names of the platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """Goodputs (bytes per second) of the extra arms, after the pairs; None = not tried, or not to be had."""

    inverted: float | None = None  # our server's object at a target's address, every bit turned over
    domestic: float | None = None  # a site inside the country


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEvidence:
    """One session on one host family of one platform, by one series: flows over one protocol in one direction."""

    platform: str
    host_family: str = "default"  # image | web | video ...
    protocol: Transport = "tcp"
    direction: Direction = "download"
    arms: tuple[Arm, ...]  # those on offer, whether they worked or not
    pages: tuple[Flow, ...] = ()  # downloads of the page that names the platform's current object
    pairs: tuple[Pair, ...] = ()  # decision pairs of all arms, in the order of the wire
    past: Mark | None = None  # where the long flow slowed down: longer pairs are compared from there on
    refused: frozenset[Arm] = frozenset()  # arms one of whose servers asked us to stay away
    # control-only flows before the first target
    before: dict[Arm, tuple[Flow, ...]] = field(default_factory=dict)
    after: dict[Arm, tuple[Flow, ...]] = field(default_factory=dict)  # control-only flows at the end, if any
    contaminable: frozenset[Arm] = frozenset()  # arms whose target and control share an address
    long: Pair | None = None  # the long pair (20 s, 2-4 MB)
    # ln(ratio) of the vantage's control-control pairs of 14 days, this session's included
    noise: tuple[float, ...] = ()
    baseline: Baseline | None = None  # for the foreign arm
    plan: Plan = "unknown"
    network_changed: bool = False  # the session saw another network, or another tariff
    platforms: int = 1  # how many platforms are tested side by side: for the family-wise error
    together: Together | None = None  # flows side by side, for the scope
    extra: Extra = Extra()
    extra_bytes: int = 0  # warm-ups, before, after and noise flows
