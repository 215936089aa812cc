"""From a session's evidence to a verdict: arms, then the host family, then the platform.

Everything is computed from the evidence alone and can be computed again at any time with other rules
(`thresholds.RULES_VERSION`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from measurements.throttle.change import Slowdown, lasted, long_slowdown, long_usable, mark_of, went_past
from measurements.throttle.contrast import Contrast
from measurements.throttle.evidence import SessionEvidence
from measurements.throttle.facts import ArmFacts, arm_facts
from measurements.throttle.family import OUTRANKED, FamilyFacts, LongState, family_rule
from measurements.throttle.flow import Arm
from measurements.throttle.rules import MARKED, RULES, ArmRule, ArmVerdict, first_match
from measurements.throttle.thresholds import RULES_VERSION
from measurements.throttle.thresholds import THRESHOLDS as T
from measurements.throttle.usable import STOPPED, TRIES, use_of

Verdict = Literal["throttled", "not_throttled", "inconclusive"]

# Reasons that more pairs can change; for the others the session may end at its first look.
_OPEN: Final = frozenset({"few_pairs", "straddles", "mild"})
# What a late slowing looks like to pairs that end now before it and now after.
_MIXED: Final = frozenset({"straddles", "mild", "changed_midway"})
# Reasons that no further pair can change.
_HOPELESS: Final = frozenset(
    {"network_changed", "intercepted", "unavailable", "unreachable", "changed_midway"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmDecision:
    """What one arm shows. `open` = further pairs could change it."""

    arm: Arm
    verdict: ArmVerdict
    rule: str
    reason: str | None
    stage: Literal["transfer", "tls"] | None
    facts: ArmFacts
    open: bool

    @property
    def asks_for_long(self) -> bool:
        """Of an arm that has all its pairs: it is clean as far as they went, or they answer neither way."""
        return self.verdict == "clean" or self.reason in _MIXED

    @property
    def contrast(self) -> Contrast | None:
        """The contrast the arm was decided on; the goodput's where it was not decided."""
        if self.rule == "slow_handshake":
            return self.facts.handshake
        if self.rule == MARKED:
            return self.facts.marked
        return self.facts.goodput


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyDecision:
    """Verdict on one host family. `deciding` is the arm whose ratio is shown."""

    platform: str
    host_family: str
    verdict: Verdict
    rule: str
    reason: str | None
    stage: Literal["transfer", "tls"] | None
    notes: tuple[str, ...]  # words of reasons.NOTES
    arms: dict[Arm, ArmDecision]
    deciding: Arm | None
    long: LongState
    slowdown: Slowdown | None  # of the long target flow
    up_to_bytes: int | None  # how far the long pair was clean ...
    up_to_seconds: float | None  # ... and for how long
    # chance of any false `throttled` among the platforms and arms tested side by side
    family_wise_error: float
    rules_version: str = RULES_VERSION

    @property
    def contrast(self) -> Contrast | None:
        """Ratio, interval and p of the deciding arm."""
        return self.arms[self.deciding].contrast if self.deciding else None

    @property
    def final(self) -> bool:
        """No further measurement could change the answer: slowed, or stopped rather than slowed."""
        return self.verdict == "throttled" or self.rule == OUTRANKED

    @property
    def open_arms(self) -> tuple[Arm, ...]:
        """Arms for which further pairs could change something."""
        return tuple(arm for arm, decision in self.arms.items() if decision.open)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformDecision:
    """The worst decided host family's verdict; inconclusive where none is decided."""

    platform: str
    verdict: Verdict
    family: FamilyDecision  # the one that decides
    families: tuple[FamilyDecision, ...]


def decide(session: SessionEvidence) -> FamilyDecision:
    """Verdict on one host family of one platform."""
    change = long_slowdown(session.long) if session.long and long_usable(session.long) else None
    decision = _decide(session, change, reached=change is None)
    if change is None or decision.verdict == "throttled":
        return decision
    # Only pairs that went past where the long flow slowed, and what they did there, can say more.
    mark = mark_of(change)
    count = Counter(pair.arm for pair in session.pairs if went_past(pair, mark))
    beyond = {arm for arm in count if count[arm] >= T.looks[0]}
    if not beyond:
        return decision
    pairs = tuple(pair for pair in session.pairs if pair.arm not in beyond or went_past(pair, mark))
    reached = lasted([pair.target for pair in pairs if pair.arm in beyond], change)
    return _decide(replace(session, pairs=pairs, past=mark), change, reached)


def decide_platform(families: Sequence[FamilyDecision]) -> PlatformDecision:
    """Worst decided host family of at least one."""
    order: tuple[Verdict, ...] = ("throttled", "not_throttled", "inconclusive")
    worst = min(families, key=lambda family: order.index(family.verdict))
    return PlatformDecision(
        platform=worst.platform, verdict=worst.verdict, family=worst, families=tuple(families)
    )


def decide_arm(session: SessionEvidence, arm: Arm) -> ArmDecision:
    """First look that decides, or the last one reached."""
    for facts in arm_facts(session, arm):
        rule = first_match(facts)
        if rule.verdict != "inconclusive":
            break
    return ArmDecision(
        arm=arm,
        verdict=rule.verdict,
        rule=rule.id,
        reason=rule.reason,
        stage=rule.stage,
        facts=facts,
        open=_open(rule, facts),
    )


def _open(rule: ArmRule, facts: ArmFacts) -> bool:
    if rule.verdict != "inconclusive" or rule.reason in _HOPELESS or facts.cut is not None:
        return False
    if facts.all_lost("blocked"):  # from the first pair on
        return False
    if rule.reason in _OPEN:
        return facts.counted < T.looks[-1] and facts.total < 2 * T.looks[-1]
    return facts.total < T.looks[0]


def _decide(session: SessionEvidence, change: Slowdown | None, reached: bool) -> FamilyDecision:
    arms = {arm: decide_arm(session, arm) for arm in session.arms}
    usable_long = session.long is not None and long_usable(session.long)
    long: LongState = "missing" if not usable_long else "clean" if change is None else "changed"
    facts = FamilyFacts(
        arms={arm: (each.verdict, each.reason) for arm, each in arms.items()},
        raw_clean=frozenset(
            arm for arm, each in arms.items() if each.facts.goodput and each.facts.goodput.clean
        ),
        target_rates={arm: each.facts.goodput.target for arm, each in arms.items() if each.facts.goodput},
        stages={arm: each.stage for arm, each in arms.items()},
        plan=session.plan,
        fast=frozenset(arm for arm, each in arms.items() if (each.facts.control or 0.0) >= T.slow_line),
        residual=frozenset(arm for arm, each in arms.items() if each.facts.residual),
        long=long,
        page=_page(session),
        beyond_reached=reached,
    )
    rule = family_rule(facts)
    deciding = rule.arm(facts)
    verdict = rule.verdict
    looked = (
        (session.long.target, session.long.control) if session.long and verdict == "not_throttled" else ()
    )
    return FamilyDecision(
        platform=session.platform,
        host_family=session.host_family,
        verdict=verdict,
        rule=arms[deciding].rule if verdict == "throttled" and deciding else rule.id,
        reason=rule.reason or (None if verdict != "inconclusive" else facts.open_reason),
        stage=arms[deciding].stage if verdict == "throttled" and deciding else None,
        notes=_notes(session, arms, verdict),
        arms=arms,
        deciding=deciding,
        long=long,
        slowdown=change,
        up_to_bytes=min(flow.body_bytes for flow in looked) if looked else None,
        up_to_seconds=min(flow.ended for flow in looked) if looked else None,
        # Two tests an arm: goodput and handshake time.
        family_wise_error=min(1.0, session.platforms * len(session.arms) * sum(T.alphas) * 2),
    )


def _page(session: SessionEvidence) -> str | None:
    """Why the platform's own page gave nothing, where every download of it was stopped: at least two."""
    uses = [use_of(flow) for flow in session.pages]
    if len(uses) < TRIES or not STOPPED.issuperset(uses):
        return None
    return "intercepted" if "intercepted" in uses else "blocked"


def slow_controls(arms: Mapping[Arm, ArmDecision]) -> float | None:
    """Median goodput of the fastest controls, where all that were compared are too slow to show a cap."""
    known = [each.facts.control for each in arms.values() if each.facts.control is not None]
    fastest = max(known, default=T.slow_line)
    return fastest if fastest < T.slow_line else None


def _outruns(extra: float | None, arms: Mapping[Arm, ArmDecision]) -> bool:
    """An extra arm was many times as fast as controls that were too slow."""
    slow = slow_controls(arms)
    return extra is not None and slow is not None and extra >= max(T.contrast * slow, T.slow_line)


def _notes(session: SessionEvidence, arms: dict[Arm, ArmDecision], verdict: Verdict) -> tuple[str, ...]:
    seen = [each.facts for each in arms.values()]
    slow = {arm for arm, each in arms.items() if each.verdict == "throttled"}
    clean = {arm for arm, each in arms.items() if each.verdict == "clean"}
    notes = {
        "tariff_not_excluded": session.plan != "plain",
        "noise_not_known": len(session.noise) < T.noise_pairs,
        "cut_at_60_minutes": any(facts.cut == "cut_at_60_minutes" for facts in seen),
        "cut_at_change": any(facts.cut == "cut_at_change" for facts in seen),
        "certificate_not_seen": verdict == "throttled" and not any(facts.certificate_seen for facts in seen),
        "residual": verdict == "throttled" and any(facts.residual for facts in seen),
        "left_alone": bool(session.refused),
        "addresses_too": verdict == "throttled" and "helper" in clean,
        "control_elsewhere_fine": bool(slow and clean),
        "slow_abroad": _outruns(session.extra.domestic, arms),
        "slow_if_readable": _outruns(session.extra.inverted, arms),
    }
    return tuple(note for note, stands in notes.items() if stands)


__all__ = [
    "RULES",
    "ArmDecision",
    "FamilyDecision",
    "PlatformDecision",
    "decide",
    "decide_arm",
    "decide_platform",
]
