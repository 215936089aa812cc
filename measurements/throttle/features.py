"""What the mechanisms of a slowing are told apart by: medians over the slow flows of a session.

Everything is taken from several flows, never from one. A clamp, the same rate whatever the line does, is what ordinary
congestion never shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from statistics import fmean, median, pstdev
from typing import Final

from measurements.throttle.change import Slowdown
from measurements.throttle.contrast import median_known
from measurements.throttle.flow import Flow
from measurements.throttle.pair import Pair, measure
from measurements.throttle.rates import gap_share, longer, queues
from measurements.throttle.thresholds import THRESHOLDS as T

# One flow's shape is an accident of its losses.
MIN_FLOWS: Final = 3
# Rates of a clamp differ by no more: flows through one policer spread by up to .09 where they are short, flows under
# 10 % loss by .15 (in the lab).
CLAMP_SPREAD: Final = 0.1
# A clamp does not follow the line. Controls that differ by less (as a logarithm) cannot show whether it does: over them
# a spread that every bucket has looks like any slope.
CLAMP_SLOPE: Final = 0.25
CLAMP_APART: Final = 0.2
# Consistent onset: coefficient of variation of the byte (or second) at which flows turn slow or stop.
SAME_ONSET: Final = 0.15
# Our own packets are lost upstream where our ClientHello or request had to be sent again, or where so many more
# segments came twice than in the control, because their acknowledgements were lost.
REPEATED: Final = 2.0


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


def features(
    pairs: Sequence[Pair],
    settled: Sequence[float | None],
    knees: Sequence[Slowdown | None],
    stage: str | None,
) -> Features:
    """What the mechanisms are told apart by; of at least `MIN_FLOWS` pairs, their targets' settled rates and knees."""
    flows = [pair.target for pair in pairs]
    turns = [turn for turn in knees if turn]
    turned = len(turns) >= max(MIN_FLOWS, len(flows) / 2)
    stops = [float(flow.received) for flow in flows if _stopped(flow)]
    return Features(
        stage=stage,
        clamp=clamp(pairs, settled),
        stopped_at=_consistent(stops) if len(stops) > len(flows) / 2 else None,
        onset_bytes=_consistent([float(turn.at_bytes) for turn in turns]) if turned else None,
        onset_seconds=_consistent([turn.at_seconds for turn in turns]) if turned else None,
        drops=median_known(flow.out_of_order for flow in flows),
        sent_again=median_known(flow.retransmitted for flow in flows),
        queueing=_queueing(pairs),
        held_back=_held_back(pairs),
        gap_share=median(gap_share(flow) for flow in flows),
        unheard=_share_unheard(pairs),
    )


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


def _stopped(flow: Flow) -> bool:
    """Nothing came in the second half of its time, after something had."""
    last = flow.times[-1] if flow.times else 0.0
    return not flow.complete and flow.body_bytes > 0 and last < flow.elapsed / 2


def _queueing(pairs: Sequence[Pair]) -> bool | None:
    """Round trips grow inside the flows, beyond what the line's own queue does to their controls."""
    inside = [
        grown and (pair.target.rtt or 0.0) > (pair.control.rtt or 0.0)
        for pair in pairs
        if (grown := queues(pair.target)) is not None
    ]
    return sum(inside) > len(inside) / 2 if len(inside) >= MIN_FLOWS else None


def _held_back(pairs: Sequence[Pair]) -> bool:
    """The first answer comes late, its control's does not, and later round trips take no longer: delay, not a queue."""
    late = [
        longer(target.first_byte, max(target.connect, control.first_byte))
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
