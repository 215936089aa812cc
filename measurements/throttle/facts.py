"""The numbers of one arm that the rules look at."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf, log
from statistics import median
from typing import Literal

from measurements.throttle.change import cut_at
from measurements.throttle.contrast import NO_SHIFT, Contrast, contrast, median_known, medians
from measurements.throttle.evidence import Baseline, SessionEvidence
from measurements.throttle.flow import SHORT, Arm, Flow, goodput, window_goodput
from measurements.throttle.hodges_lehmann import Estimate, one_sample, two_sample
from measurements.throttle.pair import Measured, Pair, PairUse, measure, pair_use
from measurements.throttle.thresholds import THRESHOLDS as T
from measurements.throttle.usable import same_object, use_of

BaselineState = Literal["not_needed", "ok", "no_baseline", "line_differs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmFacts:
    """Facts at one look; `look` None = the arm has not reached its first."""

    arm: Arm
    total: int  # pairs begun
    lost: dict[PairUse, int]  # pairs without a ratio, by what they were
    counted: int  # pairs with a ratio, up to a cut
    look: int | None
    alpha: float
    goodput: Contrast | None
    handshake: Contrast | None
    control: float | None  # median goodput of all usable control flows of the pairs
    noise_remarkable: bool
    network_changed: bool
    refused: bool  # a server of the arm asked us to stay away
    baseline: BaselineState
    cut: Literal["cut_at_60_minutes", "cut_at_change"] | None
    certificate_seen: bool
    residual: bool  # controls after the first target are, or may be, below half of those before
    # target against the controls taken before; only where another control stayed fast
    marked: Contrast | None

    def share_lost(self, use: PairUse) -> bool:
        """More than a fifth of the pairs, and at least three, were lost to `use`."""
        count = self.lost.get(use, 0)
        return count >= T.min_lost and count > T.max_share * self.total

    def all_lost(self, use: PairUse) -> bool:
        """Every pair, and at least three, was lost to `use`."""
        return self.lost.get(use, 0) == self.total >= T.min_lost


def noise_remarkable(noise: Sequence[float]) -> bool:
    """Eight control-control pairs or more whose ratio's interval leaves 0.5-2."""
    if len(noise) < T.noise_pairs:
        return False
    _, low, high = one_sample(noise, T.bound_alpha)
    return low is None or high is None or low < log(T.half) or high > -log(T.half)


def speeds(flows: Sequence[Flow], most: float = inf) -> list[float]:
    """Goodput of each usable flow over its own window, as far as its first `most` bytes."""
    return [
        window_goodput(flow, int(most)) if SHORT <= most < flow.body_bytes else goodput(flow)
        for flow in flows
        if use_of(flow) == "counts"
    ]


def shift_since_start(
    session: SessionEvidence, arm: Arm, alpha: float, since: float = 0.0
) -> Estimate | None:
    """ln of controls after the first target over controls before it; None = too few of either to say.

    `alpha` is the level of each bound; later controls count from `since` on (seconds of the session). Flows before are
    shorter: later ones are compared over as many bytes.
    """
    first = session.before.get(arm, ())
    before = speeds(first)
    later = [pair.control for pair in session.pairs if pair.arm == arm] + list(session.after.get(arm, ()))
    later = [flow for flow in later if flow.started >= since]
    after = speeds(later, median(flow.body_bytes for flow in first)) if first else []
    if len(before) < T.before_flows or not after:
        return None
    return two_sample([log(value) for value in after], [log(value) for value in before], alpha)


def kept_speed(session: SessionEvidence, arm: Arm, since: float) -> bool:
    """The arm's controls from `since` on are not slower than before the first target: the line did not change."""
    shift = shift_since_start(session, arm, T.residual_alpha, since)
    return shift is not None and shift.low is not None and shift.low > log(T.half)


def _recovered(session: SessionEvidence, arm: Arm, before: Sequence[float]) -> bool:
    """The arm's controls at the end are fast again: the line had slowed for a while, a mark would have stayed."""
    after = speeds(session.after.get(arm, ()))
    return bool(after) and median(after) > T.half * median(before)


def baseline_state(session: SessionEvidence, pairs: Sequence[Pair]) -> BaselineState:
    """Whether the foreign arm's baseline can be compared with this session."""
    base = session.baseline
    if base is None or len(base.d) < T.baseline_pairs or base.days < T.baseline_days:
        return "no_baseline"
    now_target = median_known(pair.target.connect for pair in pairs)
    now_control = median_known(pair.control.connect for pair in pairs)
    if not (_alike(now_target, now_control) and _alike(now_target, base.target_rtt)):
        return "no_baseline"
    loss = median_known(pair.control.out_of_order for pair in pairs)
    if loss is not None and base.out_of_order is not None and loss > T.line_loss + 2 * base.out_of_order:
        return "line_differs"
    return "ok"


def _alike(one: float | None, other: float | None) -> bool:
    low, high = T.rtt_ratio
    return one is not None and other is not None and other > 0 and low <= one / other <= high


def arm_facts(session: SessionEvidence, arm: Arm) -> Iterator[ArmFacts]:
    """Facts of the arm at each look it has reached, in order; one entry with `look` None if it has reached none."""
    pairs = [pair for pair in session.pairs if pair.arm == arm]
    in_time = [pair for pair in pairs if pair.started <= T.session_seconds]
    uses = [_use(pair, pairs) for pair in in_time]
    measured = [
        measure(pair, session.past) for pair, use in zip(in_time, uses, strict=True) if use == "counts"
    ]
    change = cut_at([each.d for each in measured])
    cut: Literal["cut_at_60_minutes", "cut_at_change"] | None = None
    if change is not None:
        cut, measured = "cut_at_change", measured[:change]
    elif len(in_time) < len(pairs):
        cut = "cut_at_60_minutes"
    state = baseline_state(session, in_time) if arm == "foreign" else "not_needed"
    controls = speeds([pair.control for pair in in_time])
    shift = shift_since_start(session, arm, T.residual_alpha)
    residual = arm in session.contaminable if shift is None else shift.low is None or shift.low <= log(T.half)
    # Arms follow one another: controls from before this arm know nothing of a line that slowed since.
    began = min((pair.started for pair in pairs), default=inf)
    witness = any(kept_speed(session, other, began) for other in session.arms if other != arm)
    before = speeds(session.before.get(arm, ()))
    stays = residual and witness and len(before) >= T.before_flows and not _recovered(session, arm, before)
    looks: list[tuple[int | None, float]] = [
        (look, alpha) for look, alpha in zip(T.looks, T.alphas, strict=True) if look <= len(measured)
    ]
    lost: dict[PairUse, int] = dict(Counter(use for use in uses if use != "counts"))
    for look, alpha in looks or [(None, 0.0)]:
        seen = measured[:look]
        yield ArmFacts(
            arm=arm,
            total=len(in_time),
            lost=lost,
            counted=len(measured),
            look=look,
            alpha=alpha,
            goodput=_goodput_contrast(seen, session.baseline if state == "ok" else None),
            handshake=_handshake_contrast(seen, session.baseline if state == "ok" else None),
            control=median(controls) if controls else None,
            noise_remarkable=noise_remarkable(session.noise),
            network_changed=session.network_changed or len({_network(pair) for pair in in_time}) > 1,
            refused=arm in session.refused,
            baseline=state,
            cut=cut,
            certificate_seen=any(pair.target.certificate_valid for pair in in_time),
            residual=residual,
            marked=_marked(seen, before) if stays else None,
        )


def _network(pair: Pair) -> str | None:
    return pair.target.network or pair.control.network


def _use(pair: Pair, pairs: Sequence[Pair]) -> PairUse:
    """`pair_use`, with the objects of a foreign arm held against the arm's own first ones."""
    use = pair_use(pair)
    if pair.arm != "foreign" or use != "counts":
        return use
    first_target = next((each.target for each in pairs if use_of(each.target) == "counts"), pair.target)
    first_control = next((each.control for each in pairs if use_of(each.control) == "counts"), pair.control)
    alike = same_object(pair.target, first_target) and same_object(pair.control, first_control)
    return "counts" if alike else "unavailable"


def _goodput_contrast(seen: Sequence[Measured], base: Baseline | None) -> Contrast | None:
    if not seen:
        return None
    shift = one_sample(base.d, T.bound_alpha) if base else NO_SHIFT
    return contrast(
        [each.d for each in seen], *medians([(each.target, each.control) for each in seen]), shift
    )


def _handshake_contrast(seen: Sequence[Measured], base: Baseline | None) -> Contrast | None:
    """Over handshake times, in the same sense: a ratio below 1 = the target's handshake takes longer."""
    times = [(each.target_handshake, each.control_handshake) for each in seen]
    known = [(target, control) for target, control in times if target and control]
    if not known or len(known) < len(seen):
        return None
    shift = one_sample(base.handshake_d, T.bound_alpha) if base and base.handshake_d else NO_SHIFT
    target, control = medians(known)
    found = contrast([log(theirs / ours) for ours, theirs in known], 1 / target, 1 / control, shift)
    return replace(found, target=target, control=control)


def _marked(seen: Sequence[Measured], before: Sequence[float]) -> Contrast | None:
    """The same test with the slowest of the controls taken before the first target in place of the later ones."""
    if not seen:
        return None
    reference, targets = min(before), [each.target for each in seen]
    return contrast([log(value / reference) for value in targets], median(targets), median(before))
