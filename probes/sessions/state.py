"""What one host family's session is given, what it has seen so far, and what that says."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from measurements.targets import Platform, Targets, Transfer
from measurements.throttle.decision import FamilyDecision, decide, decide_arm
from measurements.throttle.earlier import Earlier
from measurements.throttle.evidence import Baseline, Extra, SessionEvidence, Together
from measurements.throttle.evidence import Plan as TariffPlan
from measurements.throttle.flow import Arm, Flow
from measurements.throttle.pair import Pair, pair_use
from measurements.throttle.series import SERIES
from probes.sessions.arms import ArmPlan, Side
from probes.sessions.estimate import blocks
from probes.sessions.lookup import Lookup
from probes.sessions.pairs import Flows, Size
from probes.sessions.plan import Plan
from probes.sessions.purse import Purse
from probes.sessions.series import FurtherSeries


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known from earlier: noise of 14 days, the foreign arm's baseline, the tariff."""

    noise: tuple[float, ...] = ()
    baselines: Mapping[tuple[str, str], Baseline] = field(default_factory=dict)  # by host family and control
    tariff: TariffPlan = "unknown"
    earlier: Mapping[str, Earlier] = field(default_factory=dict)  # by host family: broken off within the hour


@dataclass
class SessionState:
    """What has been seen is in `evidence`, what that says in `decision`."""

    platform: str
    entry: Platform
    transfer: Transfer | None
    targets: Targets
    plan: Plan
    flows: Flows
    purse: Purse
    lookup: Lookup
    known: Known
    with_helper: bool
    seconds: Callable[[], float]  # since the session began
    platforms: int = 1
    arms: list[ArmPlan] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    noise: list[float] = field(default_factory=list)
    before: dict[Arm, tuple[Flow, ...]] = field(default_factory=dict)
    after: dict[Arm, tuple[Flow, ...]] = field(default_factory=dict)
    long: Pair | None = None
    past: Size | None = None  # where pairs past a late slowing ended
    together: Together | None = None
    extra: Extra = field(default_factory=Extra)
    network_changed: bool = False
    now: Arm | None = None  # the arm under way
    over: bool = False
    notes: list[str] = field(default_factory=list)  # words of reasons.NOTES
    pages: list[Flow] = field(default_factory=list)  # that were looked through for the platform's object
    silent: set[Side] = field(default_factory=set)  # targets that no byte has come from
    further: FurtherSeries | None = None  # once the TCP downloads are decided

    @property
    def family(self) -> str:
        return self.transfer.family if self.transfer else "web"

    @property
    def earlier(self) -> Earlier:
        return self.known.earlier.get(self.family, Earlier())

    @property
    def evidence(self) -> SessionEvidence:
        """Everything seen so far."""
        return SessionEvidence(
            platform=self.platform,
            host_family=self.family,
            arms=tuple(each.arm for each in self.arms),
            pages=tuple(self.pages),
            pairs=tuple(self.pairs),
            refused=frozenset(
                each.arm for each in self.arms if self.flows.left_alone(each.target, each.control)
            ),
            before=dict(self.before),
            after=dict(self.after),
            contaminable=frozenset(each.arm for each in self.arms if each.addresses.shared),
            long=self.long,
            together=self.together,
            extra=self.extra,
            noise=(*self.known.noise, *self.noise),
            baseline=self._baseline,
            plan=self.known.tariff,
            network_changed=self.network_changed,
            platforms=self.platforms,
        )

    @property
    def _baseline(self) -> Baseline | None:
        control = next((arm.control.platform for arm in self.arms if arm.arm == "foreign"), "")
        return self.known.baselines.get((self.family, control))

    @property
    def blocks_to_come(self) -> int:
        """At most: what the arm under way lacks of its pairs, all of the arms and series after it, the long pair."""
        if self.over:
            return 0
        arms = [each.arm for each in self.arms] if self.now else list(self._expected())
        later = arms[arms.index(self.now) + 1 :] if self.now else arms
        missing = sum(1 for pair in self.pairs if pair.arm == self.now and pair_use(pair) == "counts")
        under_way = blocks(self.plan.max_pairs - missing) if self.now else 0
        series = self.further.pairs_to_come if self.further else len(SERIES) * self.plan.max_pairs
        return under_way + len(later) * blocks(self.plan.max_pairs) + (self.long is None) + series

    def _expected(self) -> Iterator[Arm]:
        """Arms that may come to be on offer."""
        if self.with_helper and self.targets.helper:
            yield "helper"
        if self.transfer:
            if self.transfer.neutral_sni:
                yield "same_address"
            yield "foreign"

    @property
    def decision(self) -> FamilyDecision:
        return decide(self.evidence)

    @property
    def under_way(self) -> tuple[SessionEvidence, Arm | None]:
        """What the series under way has seen so far, and its arm."""
        if self.further and self.further.evidence:
            return self.further.evidence[-1], self.further.now
        return self.evidence, self.now

    @property
    def pairs_taken(self) -> int:
        """Of all series."""
        return len(self.pairs) + sum(len(seen.pairs) for seen in self.series)

    @property
    def series(self) -> tuple[SessionEvidence, ...]:
        """What the further series have seen."""
        return tuple(self.further.evidence) if self.further else ()

    def counted(self, arm: ArmPlan) -> int:
        return sum(1 for pair in self.pairs if pair.arm == arm.arm and pair_use(pair) == "counts")

    def first_look(self) -> bool:
        """No arm has come past its first look: the case may still be a clear one, or is one."""
        arms = (decide_arm(self.evidence, each.arm) for each in self.arms)
        return all(each.facts.look is None or each.verdict == "throttled" for each in arms)
