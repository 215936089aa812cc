"""What one row of docs/accuracy.md simulates: a line, what the box on it does, and the servers at its ends."""

from dataclasses import dataclass, field
from typing import Final, Literal

from measurements.throttle.evidence import Plan
from measurements.throttle.flow import Arm
from measurements.throttle.series import Series

Kind = Literal["police", "shape", "loss", "ack_loss"]


@dataclass(frozen=True, slots=True)
class Line:
    """The volunteer's line, the same for both flows of a pair."""

    mbit: float = 10.0
    rtt: float = 0.06  # seconds to the servers
    loss: float = 0.0  # share of packets
    pair_sd: float = 0.3  # log-sd of the ratio of two flows one after the other
    drift_sd: float = 0.3  # log-sd of the slow drift (AR(1), .9 from pair to pair)
    stalls: float = 0.0  # share of flows with a handover stall of 1-5 s
    background: float = 0.0  # share of flows that share the line with something else
    queue: float = 0.05  # seconds of buffer in front of the line (bufferbloat: 1 and more)
    boost: tuple[float, float] | None = None  # PowerBoost: (bytes at `mbit`, Mbit/s after them)


@dataclass(frozen=True, slots=True)
class Limit:
    """What the box does to target flows."""

    kind: Kind = "police"
    kbit: float = float("inf")
    burst: float = 32_000.0  # bytes; of a shaper: its queue in seconds
    after_bytes: float = 0.0
    after_seconds: float = 0.0
    freeze: float = float("inf")  # bytes after which nothing comes
    loss: float = 0.0  # share of packets dropped (kind loss, ack_loss)
    delay: float = 0.0  # extra round trip seconds
    handshake: float = 0.0  # extra seconds of the handshake


MISS_PACE: Final = 100e3  # bytes per second


@dataclass(frozen=True, slots=True)
class Server:
    """How one side's server differs."""

    rtt: float | None = None  # seconds, where it is not the line's
    pace: float = float("inf")  # bytes per second
    bbr: bool = False
    misses: float = 0.0  # share of flows for which a cache must ask the origin, at `MISS_PACE`
    fail: Literal["reset", "forged", "silent", None] = None
    fail_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row. `want` lists the right answers; a `throttled` outside it is a false alarm, whatever else is asked."""

    id: str
    words: str
    want: tuple[str, ...]
    line: Line = field(default_factory=Line)
    limit: Limit | None = None
    target: Server = field(default_factory=Server)
    control: Server = field(default_factory=Server)
    arms: tuple[Arm, ...] = ("same_address",)
    limited_arms: tuple[Arm, ...] = ("same_address", "helper", "foreign")
    baseline_line: Line | None = None  # the line on the baseline's evenings, where it differs
    extend: bool = True  # pairs may run beyond a change that the long pair found
    baseline: bool = False  # the foreign arm has ten earlier pairs of the same kind, without the limit
    mechanism: str | None = None  # what the signature should say
    scope: str | None = "sni"  # where the arms can tell it; None = they cannot
    plan: Plan = "plain"
    network_changed: bool = False
    max_pairs: int = 18
    long_pair: bool = True
    contagious: bool = False  # the first target flow marks the address: its neutral name is slow from then on
    permute: bool = False  # target and control labels are drawn anew in each pair
    series: Series | None = None  # the row is of this series alone; its TCP downloads are clean
