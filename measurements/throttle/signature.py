"""How a slowing works: mechanism, rate, burst, onset and scope. Never a verdict by itself.

Everything is taken from several flows, never from one. The rate is a Theil-Sen slope (Sen 1968) of bytes over time once
the flow has settled; the burst is the empirical arrival envelope above that line (ShaperProbe, IMC 2011, section 3).
Policed, shaped and lossy flows are told apart as in Flach et al. (SIGCOMM 2016): a policer drops and leaves the delay
alone, a shaper delays. A clamp, the same rate whatever the line does, is what ordinary congestion never shows.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from statistics import fmean, median, pstdev
from typing import Final, Literal

from measurements.records import Transport
from measurements.throttle.change import mark_of, slowdown
from measurements.throttle.decision import FamilyDecision
from measurements.throttle.evidence import SessionEvidence
from measurements.throttle.flow import SHORT, Flow, goodput
from measurements.throttle.pair import Pair, asked_past, measure, pair_use
from measurements.throttle.thresholds import THRESHOLDS as T

Mechanism = Literal["policer", "shaper", "delayed", "truncation", "loss", "handshake_delay", "upload"]

# One flow's shape is an accident of its losses.
MIN_FLOWS: Final = 3
# Boxes count packets, we count payload: of a full segment with timestamps; of a QUIC packet of the least size that
# every path must carry (RFC 9000, section 14.1), of which headers, tag and frames take some 36 bytes.
PER_PAYLOAD: Final = {
    ("tcp", 4): 1500 / 1448,
    ("tcp", 6): 1500 / 1428,
    ("quic", 4): 1228 / 1164,
    ("quic", 6): 1248 / 1164,
}
# Slow start, and the bytes of the burst, are over by then.
SETTLE_SECONDS: Final = 1.0
SETTLE_ROUND_TRIPS: Final = 5
MIN_POINTS: Final = 5
# Two edges are one step.
MIN_EDGES: Final = 3
# The slope of 60 points is that of 6,000.
SAMPLES: Final = 60
# Flows through one policer spread by up to .09 where they are short, flows under 10 % loss by .15 (in the lab) ...
CLAMP_SPREAD: Final = 0.1
# ... and does not follow the line. Controls that differ by less (as a logarithm) cannot show whether it does: over them
# a spread that every bucket has looks like any slope.
CLAMP_SLOPE: Final = 0.25
CLAMP_APART: Final = 0.2
# Consistent onset: coefficient of variation of the byte (or second) at which flows turn slow or stop.
SAME_ONSET: Final = 0.15
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
# A flow waits for nothing but its queue: three times the path's own round trip, or 200 ms more.
QUEUE_FACTOR: Final = 3.0
QUEUE_SECONDS: Final = 0.2
# A policed flow spends a good part of its time in gaps (kernel tbf at 130 kbit/s: 0.39 of it, at 512: 0.26).
GAP_SHARE: Final = 0.15
# Share of flows in which our own packets are lost upstream: our ClientHello or request had to be sent again ...
UNHEARD_SHARE: Final = 0.3
# ... or so many more segments came twice than in the control, because their acknowledgements were lost.
REPEATED: Final = 2.0


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Medians over the slow flows; None = not measured on this system."""

    stage: str | None
    clamp: bool | None
    stopped_at: float | None  # bytes after which every flow stopped for good
    onset_bytes: float | None
    onset_seconds: float | None
    drops: float | None  # share of segments out of order or sent again
    sent_again: float | None  # by our helper, as it says
    queueing: bool | None
    held_back: bool  # every packet comes late, the first answer as much as the last
    gap_share: float
    unheard: float | None  # share of flows in which our own packets were lost

    @property
    def counted(self) -> bool:
        """Whether anybody counted packets. Where nobody did (QUIC, Windows), gaps show a bucket, never lone losses."""
        return self.drops is not None or self.sent_again is not None


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
    settled = [settled_rate(flow) for flow in flows]
    brief = sum(rate is not None for rate in settled) < MIN_FLOWS
    settled = [_brief_rate(flow) for flow in flows] if brief else settled
    found = features(pairs, settled, decision.stage if begun > len(flows) / 2 else "tls")
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


def features(pairs: Sequence[Pair], settled: Sequence[float | None], stage: str | None) -> Features:
    """What the mechanisms are told apart by, of at least `MIN_FLOWS` pairs and their targets' settled rates."""
    flows = [pair.target for pair in pairs]
    turns = [turn for turn in map(slowdown, flows) if turn]
    turned = len(turns) >= max(MIN_FLOWS, len(flows) / 2)
    stops = [float(flow.received) for flow in flows if _stopped(flow)]
    return Features(
        stage=stage,
        clamp=clamp(pairs, settled),
        stopped_at=_consistent(stops) if len(stops) > len(flows) / 2 else None,
        onset_bytes=_consistent([float(turn.at_bytes) for turn in turns]) if turned else None,
        onset_seconds=_consistent([turn.at_seconds for turn in turns]) if turned else None,
        drops=_median(flow.out_of_order for flow in flows),
        sent_again=_median(flow.retransmitted for flow in flows),
        queueing=_queueing(pairs),
        held_back=_held_back(pairs),
        gap_share=median(gap_share(flow) for flow in flows),
        unheard=_share_unheard(pairs),
    )


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


def settled_rate(flow: Flow) -> float | None:
    """Theil-Sen slope of body bytes over time after slow start and burst; None for a flow too short to have settled.

    What a bucket lets through comes in steps, with waits in between. Where there are enough of these, the slope is
    that of the steps' upper edges, when the bucket was empty. A flow that ends within a second or two after its knee
    has only the mean rate beyond it.
    """
    start = max(SETTLE_SECONDS, SETTLE_ROUND_TRIPS * (flow.min_rtt or flow.connect or 0.0))
    turn = slowdown(flow)
    edges = _upper_edges(flow, turn.at_bytes if turn else 0)
    if len(edges) >= MIN_EDGES and edges[-1][0] - edges[0][0] >= SETTLE_SECONDS:
        return _theil_sen(edges)
    if turn:
        start = max(start, turn.at_seconds)
    end = flow.ended
    reads = len(flow.times) - bisect_left(flow.times, start)
    if reads < MIN_POINTS or end - start < SETTLE_SECONDS:
        return turn.after if turn else None
    # Bytes come in steps. Sampled at the reads, a course that begins below a step and ends on one looks too steep.
    times = [start + (end - start) * i / (SAMPLES - 1) for i in range(SAMPLES)]
    points = [(time, flow.sizes[max(bisect_right(flow.times, time) - 1, 0)]) for time in times]
    return _theil_sen(points)


def _brief_rate(flow: Flow) -> float | None:
    """Goodput of a flow that was over before it could settle: half a megabyte under a cap of some Mbit/s."""
    return goodput(flow) if flow.complete and flow.body_bytes >= SHORT else None


def _theil_sen(points: Sequence[tuple[float, int]]) -> float:
    return median((b1 - b0) / (t1 - t0) for i, (t0, b0) in enumerate(points) for t1, b1 in points[i + 1 :])


def _upper_edges(flow: Flow, start: int) -> list[tuple[float, int]]:
    """Seconds and bytes before each long wait of the flow, once `start` bytes had come."""
    points, limit = [*zip(flow.times, flow.sizes, strict=True)], _long_wait(flow)
    waits = pairwise([*points, (flow.ended, flow.body_bytes)])
    return [one for one, then in waits if one[1] >= start and then[0] - one[0] > limit]


def _long_wait(flow: Flow) -> float:
    """Seconds: beyond them a flow does not only wait for its next round trip."""
    return max(0.2, 4 * (flow.min_rtt or flow.connect or 0.0))


def burst(flow: Flow, rate: float) -> float:
    """Largest excess of received bytes over `rate`: max of B(t) - B(s) - rate (t - s), from the handshake on."""
    series = [(-(flow.first_byte or 0.0), -flow.handshake_bytes), *zip(flow.times, flow.sizes, strict=True)]
    lowest, excess = float("inf"), 0.0
    for time, size in series:
        lowest = min(lowest, size - rate * time)
        excess = max(excess, size - rate * time - lowest)
    return excess


def clamp(pairs: Sequence[Pair], settled: Sequence[float | None]) -> bool | None:
    """Whether the target's settled rate is the same in every flow and does not follow the control's."""
    known = [(target, measure(pair).control) for pair, target in zip(pairs, settled, strict=True) if target]
    if len(known) < MIN_FLOWS:
        return None
    targets = [target for target, _ in known]
    slopes = [
        (log(t1) - log(t0)) / (log(c1) - log(c0))
        for i, (t0, c0) in enumerate(known)
        for t1, c1 in known[i + 1 :]
        if abs(log(c1) - log(c0)) > CLAMP_APART
    ]
    follows = median(slopes) > CLAMP_SLOPE if slopes else False
    return _spread(targets) <= CLAMP_SPREAD and not follows


def _spread(rates: Sequence[float]) -> float:
    """Spread over the median. 1.4826 makes the median deviation a standard one; a flow that stumbled does not count."""
    middle = median(rates)
    return 1.4826 * median(abs(rate - middle) for rate in rates) / middle


def gap_share(flow: Flow) -> float:
    """Share of the flow's time spent in gaps longer than 200 ms and four round trips."""
    limit = _long_wait(flow)
    waits = sum(later - earlier for earlier, later in pairwise(flow.times) if later - earlier > limit)
    return waits / flow.times[-1] if flow.times and flow.times[-1] > 0 else 0.0


def _stopped(flow: Flow) -> bool:
    """Nothing came in the second half of its time, after something had."""
    last = flow.times[-1] if flow.times else 0.0
    return not flow.complete and flow.body_bytes > 0 and last < flow.elapsed / 2


def _longer(time: float, usual: float) -> bool:
    return time > max(QUEUE_FACTOR * usual, usual + QUEUE_SECONDS)


def _queueing(pairs: Sequence[Pair]) -> bool | None:
    """Round trips grow inside the flows, beyond what the line's own queue does to their controls."""
    inside = [
        _longer(pair.target.rtt, pair.target.min_rtt) and pair.target.rtt > (pair.control.rtt or 0.0)
        for pair in pairs
        if pair.target.rtt is not None and pair.target.min_rtt is not None
    ]
    return sum(inside) > len(inside) / 2 if len(inside) >= MIN_FLOWS else None


def _held_back(pairs: Sequence[Pair]) -> bool:
    """The first answer comes late, its control's does not, and later round trips take no longer: delay, not a queue."""
    late = [
        _longer(target.first_byte, max(target.connect, control.first_byte))
        and (target.rtt or 0.0) < (1 + T.half) * target.first_byte
        for target, control in ((pair.target, pair.control) for pair in pairs)
        if target.first_byte and target.connect and control.first_byte
    ]
    # A request that was lost is late as well, now by one of our timers and now by two.
    steady = _consistent([pair.target.first_byte for pair in pairs if pair.target.first_byte])
    return len(late) >= MIN_FLOWS and sum(late) > len(late) / 2 and steady is not None


def _share_unheard(pairs: Sequence[Pair]) -> float | None:
    known = [
        bool(pair.target.resent) or (pair.target.repeated or 0.0) - (pair.control.repeated or 0.0) >= REPEATED
        for pair in pairs
        if pair.target.resent is not None or pair.target.repeated is not None
    ]
    return sum(known) / len(known) if len(known) >= MIN_FLOWS else None


def _consistent(values: Sequence[float]) -> float | None:
    """Their median if at least three lie close together."""
    if len(values) < MIN_FLOWS or fmean(values) <= 0:
        return None
    return median(values) if pstdev(values) / fmean(values) <= SAME_ONSET else None


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _on_the_wire(flows: Sequence[Flow], protocol: Transport) -> float:
    return PER_PAYLOAD[protocol, 6 if flows[0].family == 6 else 4]
