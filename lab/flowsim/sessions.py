"""Whole sessions of one scenario side by side, step by step as the runner takes them (probes/sessions/family.py)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import log
from statistics import median
from typing import Final

import numpy as np

from lab.flowsim.flows import HANDSHAKE_BYTES, Ask, Block
from lab.flowsim.scenario import Scenario
from measurements.throttle.change import Ends, long_slowdown, long_usable, needed
from measurements.throttle.decision import FamilyDecision, decide
from measurements.throttle.evidence import Baseline, SessionEvidence
from measurements.throttle.facts import speeds
from measurements.throttle.flow import Arm, Flow
from measurements.throttle.pair import Measured, Pair, measure, pair_use
from measurements.throttle.thresholds import THRESHOLDS as T
from probes.sessions.pairs import Ledger
from probes.sessions.plan import (
    BEFORE,
    BEFORE_BYTES,
    BEFORE_FOREIGN,
    CAP_SHARE,
    FOREIGN_BYTES,
    WARM_UP_BYTES,
    plan_for,
)
from probes.sessions.purse import Purse

PLAN: Final = plan_for(metered=True)
BASELINE_PAIRS: Final = 12  # some more than the decision asks for, as some are lost
NOISE_PAIRS: Final = 3  # every fourth block of the first ten pairs
# After so many pairs of an arm it is asked whether further ones could change anything: as soon as all of three can be
# lost, at each look, and while lost pairs keep the arm from one.
STOPS: Final = (3, *T.looks, 22, 26, 30, 2 * T.looks[-1])
# Points in time of a session: its controls first, then as many pairs as the hour holds and the last stop adds.
SLOTS: Final = BEFORE + round(T.session_seconds / PLAN.pair_seconds) + 2 * T.looks[-1]


@dataclass(slots=True)
class Session:
    """One session as far as it has come."""

    index: int  # in its block
    begun: SessionEvidence  # without pairs
    purse: Purse
    pairs: list[Pair] = field(default_factory=list)
    long: Pair | None = None
    counted: dict[Arm, int] = field(default_factory=dict)
    slot: int = BEFORE  # the next point in time
    decision: FamilyDecision | None = None  # on what was seen so far, once it was asked for

    @property
    def seconds(self) -> float:
        """Since the first pair."""
        return (self.slot - BEFORE) * PLAN.pair_seconds

    @property
    def over(self) -> bool:
        """No further pair is taken."""
        final = self.decision is not None and self.decision.final
        return final or self.seconds >= PLAN.session_seconds

    def take(self, pair: Pair) -> None:
        """Add a decision pair."""
        self.pairs.append(pair)
        self.purse.pairs[pair.arm] += cost(pair)
        self.counted[pair.arm] = self.counted.get(pair.arm, 0) + (pair_use(pair) == "counts")
        self._pass(pair)

    def take_long(self, pair: Pair) -> None:
        """Add the long pair."""
        self.long = pair
        self._pass(pair)

    def _pass(self, pair: Pair) -> None:
        self.purse.ledger.total += cost(pair)
        self.slot += 1
        self.decision = None

    @property
    def evidence(self) -> SessionEvidence:
        """Everything seen so far."""
        return replace(self.begun, pairs=tuple(self.pairs), long=self.long)

    def decide(self) -> FamilyDecision:
        """The decision on all that was seen so far."""
        self.decision = self.decision or decide(self.evidence)
        return self.decision


@dataclass(slots=True)
class Sessions:
    """All sessions of a block."""

    block: Block
    all: list[Session]

    def run(self) -> Iterator[tuple[SessionEvidence, FamilyDecision]]:
        """Arm by arm; the long pair follows the first clean one."""
        scenario = self.block.scenario
        for arm in scenario.arms:
            self._arm([each for each in self.all if not each.over], arm)
            if scenario.long_pair:
                clean = [each for each in self.all if _long_is_due(each, arm)]
                self._long(clean)
                self._beyond(clean)
        for each in self.all:
            yield each.evidence, each.decide()

    def _arm(self, going: list[Session], arm: Arm) -> None:
        """Pairs until no further one could change the arm; up to the first look one by one, as the purse allows."""
        done, most = 0, self.block.scenario.max_pairs
        for stop in STOPS:
            while going and done < min(stop, most):
                step = 1 if done < T.looks[0] else stop - done
                self._pairs([(each, self._size(each, arm)) for each in going for _ in range(step)], arm)
                done += step
            going = [each for each in going if _open(each, arm, done)]

    def _pairs(self, wanted: Sequence[tuple[Session, tuple[int, float]]], arm: Arm) -> None:
        """One pair each; those of the same session follow one another."""
        later: dict[int, int] = {}
        asks = []
        for each, size in wanted:
            ahead = later[each.index] = later.get(each.index, -1) + 1
            asks.append(self._ask(each, arm, size, ahead))
        for (each, _), pair in zip(wanted, self.block.pairs(asks), strict=True):
            each.take(pair)

    def _size(self, each: Session, arm: Arm) -> tuple[int, float]:
        most = each.purse.longest(arm, each.counted.get(arm, 0))
        most = min(most, FOREIGN_BYTES) if arm == "foreign" else most
        return drawn(most, self.block.random), PLAN.flow_seconds

    def _ask(self, each: Session, arm: Arm, size: tuple[int, float], ahead: int = 0) -> Ask:
        scenario = self.block.scenario
        return Ask(
            session=each.index,
            slot=each.slot + ahead,
            role="target",
            arm=arm,
            limited=scenario.limit is not None and arm in scenario.limited_arms,
            cap=size[0],
            seconds=size[1],
            started=each.seconds + ahead * PLAN.pair_seconds,
        )

    def _long(self, due: Sequence[Session]) -> None:
        """The long pair: the control goes as far as the target came."""
        arm = self._long_arm
        asks = [self._ask(each, arm, (PLAN.long_bytes, PLAN.long_seconds)) for each in due]
        targets = self.block.flows(asks)
        as_far = [
            replace(self.block.partner(ask), cap=max(PLAN.flow_bytes, target.body_bytes))
            for ask, target in zip(asks, targets, strict=True)
        ]
        controls = self.block.flows(as_far)
        for each, target, control in zip(due, targets, controls, strict=True):
            each.take_long(Pair(arm=arm, target=target, control=control))
            each.decide()

    def _beyond(self, going: Sequence[Session]) -> None:
        """Pairs that go past a late change, until they decide or the day's bytes are spent."""
        wanted = [(each, ends) for each in going if (ends := self._needed(each))]
        for number in range(1, T.looks[-1] + 1):
            wanted = [
                (each, ends) for each, ends in wanted if not each.over and each.purse.most >= ends.least_bytes
            ]
            sizes = [(each, (min(ends.cap_bytes, each.purse.most), ends.seconds)) for each, ends in wanted]
            self._pairs(sizes, self._long_arm)
            if number >= T.looks[0]:
                for each, _ in wanted:
                    each.decide()

    @property
    def _long_arm(self) -> Arm:
        """The platform's own servers where they are compared."""
        arms = self.block.scenario.arms
        return next((arm for arm in arms if arm != "helper"), arms[0])

    def _needed(self, each: Session) -> Ends | None:
        long = each.long
        if long is None or not long_usable(long) or not self.block.scenario.extend:
            return None
        usual = median(speeds(each.begun.before[long.arm]) or [0.0])
        return needed(long_slowdown(long), PLAN.flow_bytes, usual, PLAN.long_seconds)


def _open(each: Session, arm: Arm, done: int) -> bool:
    if done < T.looks[0] and each.counted[arm]:
        return True
    return arm in each.decide().open_arms and not each.over


def _long_is_due(each: Session, arm: Arm) -> bool:
    if each.over or each.long or each.decision is None:
        return False
    return each.decision.arms[arm].asks_for_long


def drawn(most: int, random: np.random.Generator) -> int:
    """Where a flow ends, `most` bytes at the latest."""
    return round(most * random.uniform(*CAP_SHARE))


def cost(pair: Pair) -> int:
    """Bytes of both flows with their handshakes."""
    return pair.bytes_received + 2 * HANDSHAKE_BYTES


def sessions(
    scenario: Scenario, count: int, random: np.random.Generator
) -> Iterator[tuple[SessionEvidence, FamilyDecision]]:
    """`count` sessions with the evidence and the decision each ended on."""
    block = Block.draw(scenario, count, SLOTS, random)
    noise = _noise(block)
    around = zip(_before(block), noise, _baselines(block), strict=True)
    begun = []
    for index, (before, checks, baseline) in enumerate(around):
        ledger = Ledger(total=_around(before, checks))
        evidence = SessionEvidence(
            platform=scenario.id,
            arms=scenario.arms,
            before=before,
            noise=tuple(each.d for each in _measured(checks)),
            baseline=baseline,
            plan=scenario.plan,
            network_changed=scenario.network_changed,
            extra_bytes=ledger.total,
        )
        begun.append(Session(index, evidence, Purse(PLAN, ledger, ledger)))
    return Sessions(block, begun).run()


def _around(before: dict[Arm, tuple[Flow, ...]], checks: Sequence[Pair]) -> int:
    """Bytes of warm-ups, controls before and noise checks."""
    alone = sum(flow.body_bytes + HANDSHAKE_BYTES for flows in before.values() for flow in flows)
    warm = 2 * len(before) * (WARM_UP_BYTES + HANDSHAKE_BYTES)
    return warm + alone + sum(map(cost, checks))


def _before(block: Block) -> list[dict[Arm, tuple[Flow, ...]]]:
    """Control-only flows of each arm and session."""
    arms = block.scenario.arms
    counts = {arm: BEFORE_FOREIGN if arm == "foreign" else BEFORE for arm in arms}
    asks = [
        Ask(session, slot, "control", arm, False, drawn(BEFORE_BYTES, block.random))
        for session in range(block.sessions)
        for arm in arms
        for slot in range(counts[arm])
    ]
    flows = iter(block.flows(asks))
    return [
        {arm: tuple(next(flows) for _ in range(counts[arm])) for arm in arms} for _ in range(block.sessions)
    ]


def _noise(block: Block) -> list[list[Pair]]:
    """Control-control pairs of each session."""
    asks = [
        Ask(
            session,
            BEFORE + i,
            "control",
            block.scenario.arms[0],
            False,
            drawn(PLAN.flow_bytes, block.random),
        )
        for session in range(block.sessions)
        for i in range(NOISE_PAIRS)
    ]
    return _split(block.pairs(asks), NOISE_PAIRS)


def _baselines(block: Block) -> list[Baseline | None]:
    """Earlier evenings' pairs against the foreign control, without the box."""
    scene = block.scenario
    if not scene.baseline:
        return [None] * block.sessions
    usual = replace(block, scenario=replace(scene, line=scene.baseline_line or scene.line))
    asks = [
        Ask(session, BEFORE + i, "target", "foreign", False, drawn(FOREIGN_BYTES, block.random))
        for session in range(block.sessions)
        for i in range(BASELINE_PAIRS)
    ]
    return [_baseline(pairs) for pairs in _split(usual.pairs(asks), BASELINE_PAIRS)]


def _split(pairs: Sequence[Pair], count: int) -> list[list[Pair]]:
    return [list(pairs[start : start + count]) for start in range(0, len(pairs), count)]


def _measured(pairs: Sequence[Pair]) -> list[Measured]:
    return [measure(pair) for pair in pairs if pair_use(pair) == "counts"]


def _baseline(pairs: Sequence[Pair]) -> Baseline:
    measured = _measured(pairs)
    return Baseline(
        d=tuple(each.d for each in measured),
        days=4,
        target_rtt=float(np.median([pair.target.connect or 0.0 for pair in pairs])),
        control_rtt=float(np.median([pair.control.connect or 0.0 for pair in pairs])),
        handshake_d=tuple(
            log(each.control_handshake / each.target_handshake)
            for each in measured
            if each.control_handshake and each.target_handshake
        ),
        out_of_order=float(np.median([pair.control.out_of_order or 0.0 for pair in pairs])),
    )
