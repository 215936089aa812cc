"""How a slowing works: mechanism, rate, burst, onset and scope. Never a verdict by itself.

Policed, shaped and lossy flows are told apart as in Flach et al. (SIGCOMM 2016): a policer drops and leaves the delay
alone, a shaper delays. `features` says by what, `rates` how fast a settled flow moves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal

from measurements.records import Transport
from measurements.throttle.change import knee, mark_of, slowdown
from measurements.throttle.decision import FamilyDecision
from measurements.throttle.evidence import SessionEvidence
from measurements.throttle.features import MIN_FLOWS, Features, features
from measurements.throttle.flow import Flow
from measurements.throttle.pair import asked_past, pair_use
from measurements.throttle.rates import brief_rate, burst, settled_rate

Mechanism = Literal["policer", "shaper", "delayed", "truncation", "loss", "handshake_delay", "upload"]

# Boxes count packets, we count payload: of a full segment with timestamps; of a QUIC packet of the least size that
# every path must carry (RFC 9000, section 14.1), of which headers, tag and frames take some 36 bytes.
PER_PAYLOAD: Final = {
    ("tcp", 4): 1500 / 1448,
    ("tcp", 6): 1500 / 1428,
    ("quic", 4): 1228 / 1164,
    ("quic", 6): 1248 / 1164,
}
# Buckets of known policers hold 8-100 kB; what comes later than that is a rule, not a bucket.
LATE_ONSET: Final = 150_000
# A line of 3 Mbit/s empties the largest of them in a third of this.
LATE_SECONDS: Final = 1.0
# Share of segments out of order, or sent again, from which packets were dropped on purpose or by a bad line.
DROPS: Final = 0.02
# Lone losses leave holes that the rest of the window comes in behind; a policer drops the rest too, so that its sender
# repeats much (more than 20 % in the median, Flach et al.) and little comes out of order.
TAIL_DROPS: Final = 0.2
HOLES: Final = 0.5
# A policed flow spends a good part of its time in gaps (kernel tbf at 130 kbit/s: 0.39 of it, at 512: 0.26).
GAP_SHARE: Final = 0.15
# Share of flows in which our own packets are lost upstream.
UNHEARD_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Rates in bytes per second of IP packets (what a box is set to); `None` = cannot be told."""

    mechanism: Mechanism | None = None
    rate: float | None = None
    burst: float | None = None  # bytes at line speed before the rate holds
    onset_bytes: float | None = None
    onset_seconds: float | None = None
    clamp: bool | None = None  # the same rate whatever the line does
    flows: int = 0


def signature(session: SessionEvidence, decision: FamilyDecision) -> Signature:
    """Signature of a throttled session, from the pairs of the deciding arm; empty for any other verdict."""
    if decision.verdict != "throttled" or decision.deciding is None:
        return Signature()
    pairs = [pair for pair in session.pairs if pair.arm == decision.deciding and pair_use(pair) == "counts"]
    if decision.slowdown:  # what ended before it tells nothing of it
        mark = mark_of(decision.slowdown)
        past = [pair for pair in pairs if asked_past(pair, mark)]
        pairs = past if len(past) >= MIN_FLOWS else pairs
    flows = [pair.target for pair in pairs]
    if len(flows) < MIN_FLOWS:
        return Signature(flows=len(flows))
    begun = sum(flow.body_bytes > 0 for flow in flows)
    # A slowing that the long pair has shown needs no second look at the controls.
    turns = [slowdown(pair.target) if decision.slowdown else knee(pair) for pair in pairs]
    settled = [settled_rate(flow, turn) for flow, turn in zip(flows, turns, strict=True)]
    brief = sum(rate is not None for rate in settled) < MIN_FLOWS
    settled = [brief_rate(flow) for flow in flows] if brief else settled
    found = features(pairs, settled, turns, decision.stage if begun > len(flows) / 2 else "tls")
    mechanism = _mechanism(session, found)
    has_rate = mechanism not in {"truncation", "handshake_delay"}
    rates = [rate for rate in settled if rate]
    has_rate = has_rate and len(rates) >= MIN_FLOWS and (found.clamp is True or not brief)
    rate = median(rates) if has_rate else None
    bursts = [burst(flow, rate) for flow in flows] if rate else []
    late = mechanism in {"delayed", "truncation"}
    return Signature(
        mechanism=mechanism,
        rate=rate * _on_the_wire(flows, session.protocol) if rate else None,
        burst=median(bursts) * _on_the_wire(flows, session.protocol) if bursts else None,
        onset_bytes=(found.stopped_at or found.onset_bytes) if late else None,
        onset_seconds=found.onset_seconds if late else None,
        clamp=found.clamp,
        flows=len(flows),
    )


def _mechanism(session: SessionEvidence, found: Features) -> Mechanism | None:
    """Of an upload that is slowed, that it is the upload says more than how."""
    if session.direction == "upload":
        return "upload"
    return next((word for word, matches in _MECHANISMS if matches(found)), None)


def _dropped(found: Features) -> bool:
    if not found.counted:
        return found.clamp is True and found.gap_share >= GAP_SHARE
    return max(found.drops or 0.0, found.sent_again or 0.0) >= DROPS


def _lossy(found: Features) -> bool:
    """Packets are lost one by one: the rate scatters, and what comes behind a hole comes out of order."""
    if not found.counted or not _dropped(found):
        return False
    drops, again = found.drops or 0.0, found.sent_again or 0.0
    if again >= TAIL_DROPS and drops < again:
        return False
    return not found.clamp or drops >= HOLES


def _upload(found: Features) -> bool:
    """Our own packets are lost, not only late; what the helper sends is not (it only thinks so and sends again)."""
    ours = found.unheard is not None and found.unheard >= UNHEARD_SHARE
    late = (found.onset_bytes or 0.0) >= LATE_ONSET  # what was heard for so long is heard
    return (
        ours
        and not late
        and (found.drops or 0.0) < DROPS
        and found.queueing is not True
        and not found.held_back
    )


# First match wins.
_MECHANISMS: Final[tuple[tuple[Mechanism, Callable[[Features], bool]], ...]] = (
    ("handshake_delay", lambda found: found.stage == "tls"),
    ("upload", _upload),
    ("truncation", lambda found: found.stopped_at is not None),
    ("delayed", lambda found: (found.onset_bytes or 0.0) >= LATE_ONSET),
    ("delayed", lambda found: (found.onset_seconds or 0.0) >= LATE_SECONDS),
    ("delayed", lambda found: found.held_back and (found.drops or 0.0) < DROPS),
    ("loss", _lossy),
    ("shaper", lambda found: found.queueing is True),
    ("policer", _dropped),
    ("shaper", lambda found: found.clamp is True),
)


def _on_the_wire(flows: Sequence[Flow], protocol: Transport) -> float:
    return PER_PAYLOAD[protocol, 6 if flows[0].family == 6 else 4]
