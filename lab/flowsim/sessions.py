"""Many sessions of one scenario side by side, taken pair by pair as the runner takes them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from statistics import median
from typing import Final, Literal

import numpy as np

from lab.flowsim.engine import Batch, Floats, Series, run
from lab.flowsim.scenarios import MISS_PACE, Limit, Scenario, Server
from measurements.throttle.change import long_slowdown, needed_cap
from measurements.throttle.decision import FamilyDecision, decide
from measurements.throttle.evidence import Baseline, SessionEvidence
from measurements.throttle.flow import Arm, Flow, goodput
from measurements.throttle.pair import Pair, measure, pair_use
from measurements.throttle.thresholds import THRESHOLDS as T

# As in a metered session (DESIGN section 7).
CAP: Final = 256_000
LONG_CAP: Final = 2_000_000
SECONDS: Final = 10.0
LONG_SECONDS: Final = 20.0
PAIR_SECONDS: Final = 170.0  # from pair to pair: 18 pairs within the hour
HANDSHAKE_BYTES: Final = 4500  # a usual chain of certificates
DRIFT: Final = 0.9  # correlation of the line's speed from pair to pair
BASELINE_PAIRS: Final = 12
BEFORE: Final = 6  # controls before the first target flow ...
BEFORE_CAP: Final = 128_000  # ... and where they end
SLOTS: Final = 1 + BEFORE + 18  # drift values of a session: long pair, controls before, 18 pairs
NOISE_PAIRS: Final = 3  # every fourth block of the first ten pairs


@dataclass(frozen=True, slots=True)
class Ask:
    """One flow to simulate."""

    session: int
    slot: int
    role: Literal["target", "control"]
    arm: Arm
    limited: bool
    cap: int
    started: float


@dataclass(frozen=True, slots=True)
class _Reads:
    """What a flow's reader saw."""

    complete: bool  # it got all that it asked for
    times: tuple[float, ...]
    sizes: tuple[int, ...]
    disordered: float


def _reads(series: Series, caps: Floats) -> Iterator[_Reads]:
    """The reads that brought bytes, flow by flow; the last one ends at the flow's cap."""
    delivered, times, most = series.delivered, series.times, caps[:, None]
    sizes = np.minimum(delivered, most).astype(int)
    grew = np.diff(sizes, axis=1, prepend=0) > 0
    complete = delivered[:, -1] >= caps
    rows, ends = np.arange(len(caps)), (delivered >= most).argmax(axis=1)
    before = np.maximum(ends - 1, 0)
    share = (caps - delivered[rows, before]) / np.where(
        ends > 0, delivered[rows, ends] - delivered[rows, before], 1.0
    )
    at_cap = times[before] + share * (times[ends] - times[before])
    for row in rows:
        seen = times[grew[row]].tolist()
        if complete[row]:
            seen[-1] = float(at_cap[row])
        yield _Reads(
            bool(complete[row]),
            tuple(seen),
            tuple(sizes[row][grew[row]].tolist()),
            float(series.disordered[row]),
        )


@dataclass(slots=True)
class Block:
    """Sessions of one scenario that share a random generator."""

    scenario: Scenario
    sessions: int
    random: np.random.Generator
    drift: Floats

    @classmethod
    def draw(cls, scenario: Scenario, sessions: int, random: np.random.Generator) -> "Block":
        """Draw each session's slow drift: a stationary AR(1) over its slots."""
        steps = random.standard_normal((sessions, SLOTS))
        for slot in range(1, SLOTS):
            steps[:, slot] = DRIFT * steps[:, slot - 1] + np.sqrt(1 - DRIFT**2) * steps[:, slot]
        return cls(scenario, sessions, random, scenario.line.drift_sd * steps)

    def flows(self, asks: Sequence[Ask], seconds: float = SECONDS) -> list[Flow]:
        """Simulate all asked flows at once."""
        batch, rtt, handshake = self._columns(asks)
        caps = np.array([float(ask.cap) for ask in asks])
        series = run(batch, caps, seconds, self.random)
        clocks = zip(rtt.tolist(), handshake.tolist(), batch.rtt.tolist(), strict=True)
        return [
            self._flow(ask, reads, seconds, *clock)
            for ask, reads, clock in zip(asks, _reads(series, caps), clocks, strict=True)
        ]

    def _columns(self, asks: Sequence[Ask]) -> tuple[Batch, Floats, Floats]:
        scene, count, random = self.scenario, len(asks), self.random
        line = scene.line
        servers = [scene.target if ask.role == "target" else scene.control for ask in asks]
        limits = [scene.limit if ask.limited and scene.limit else Limit() for ask in asks]
        drift = np.array([self.drift[ask.session, ask.slot] for ask in asks])
        # The ratio of two flows has the asked log-sd if each has it over the square root of two.
        factor = np.exp(drift + random.standard_normal(count) * line.pair_sd / np.sqrt(2))
        shared = np.where(random.random(count) < line.background, random.uniform(0.3, 0.7, count), 1.0)
        boost_bytes, boost_mbit = line.boost or (np.inf, np.inf)
        rtt = np.array([server.rtt or line.rtt for server in servers]) * random.uniform(0.95, 1.1, count)
        delay = np.array([limit.delay for limit in limits])
        rate = np.array([limit.kbit * 125.0 for limit in limits])
        shape = np.array([limit.kind == "shape" for limit in limits])
        # A shaper lets a few packets through at once; its queue delays, and drops nothing here.
        burst = np.where(
            shape,
            np.maximum(np.nan_to_num(rate, posinf=0.0) * 0.06, 3000.0),
            [limit.burst for limit in limits],
        )
        stalled = random.random(count) < line.stalls
        batch = Batch(
            link=line.mbit * 125_000.0 * factor * shared,
            rtt=rtt + delay,
            loss=np.array([max(line.loss, limit.loss if limit.kind == "loss" else 0.0) for limit in limits]),
            bbr=np.array([float(server.bbr) for server in servers]),
            pace=np.array(
                [MISS_PACE if random.random() < server.misses else server.pace for server in servers]
            ),
            queue=np.full(count, line.queue),
            rate=rate,
            burst=burst,
            tokens=np.maximum(burst - HANDSHAKE_BYTES, 0.0),
            policed=np.where(shape, 0.0, 1.0),
            after_bytes=np.array([limit.after_bytes for limit in limits]),
            after_seconds=np.array([limit.after_seconds for limit in limits]),
            freeze=np.array([limit.freeze for limit in limits]) * random.uniform(0.95, 1.05, count),
            ack_loss=np.array([limit.loss if limit.kind == "ack_loss" else 0.0 for limit in limits]),
            boost_bytes=np.full(count, boost_bytes),
            boost_rate=np.full(count, boost_mbit * 125_000.0),
            stall_at=np.where(stalled, random.uniform(0.0, 2.0, count), np.inf),
            stall_for=random.uniform(1.0, 5.0, count),
        )
        handshake = 2 * batch.rtt * random.uniform(1.0, 1.3, count) + [limit.handshake for limit in limits]
        return batch, rtt, handshake

    def _flow(
        self, ask: Ask, reads: _Reads, seconds: float, rtt: float, handshake: float, first_byte: float
    ) -> Flow:
        scene, random = self.scenario, self.random
        server = scene.target if ask.role == "target" else scene.control
        complete, times = reads.complete, reads.times
        limit = scene.limit if ask.limited else None
        stopped = not complete and (not times or times[-1] < 0.7 * seconds)
        upstream = scene.line.loss + (limit.loss if limit and limit.kind == "ack_loss" else 0.0)
        queued = limit.burst if limit and limit.kind == "shape" else 0.0
        flow = Flow(
            role=ask.role,
            started=ask.started,
            times=times,
            sizes=reads.sizes,
            elapsed=times[-1] if complete else seconds,
            cap_bytes=ask.cap,
            complete=complete,
            stalled=stopped,
            failure=None if complete or not stopped else "generic_timeout_error",
            stage="transfer" if stopped else None,
            status=200,
            length=4 * 1024 * 1024,
            certificate_valid=True,
            handshake_bytes=HANDSHAKE_BYTES,
            connect=rtt,
            handshake=handshake,
            first_byte=first_byte,
            rtt=first_byte + queued + scene.line.queue / 2,
            min_rtt=rtt,
            out_of_order=reads.disordered,
            resent=int(random.binomial(3, min(upstream, 1.0))),
            family=4,
        )
        if server.fail and random.random() < server.fail_share:
            return _failed(flow, server)
        return flow

    def pairs(self, which: Mapping[int, range], caps: Sequence[int]) -> dict[int, list[Pair]]:
        """Decision pairs `which[session]`, all arms in turn; `caps[session]` bounds their flows."""
        asks = [
            ask
            for session, numbers in which.items()
            for number in numbers
            for arm in self.scenario.arms
            for ask in self._two(
                session, 1 + BEFORE + number, arm, number * PAIR_SECONDS, self._drawn(caps[session])
            )
        ]
        found = self._pair_up(self.flows(asks), asks) if asks else []
        return {session: found[session] for session in which}

    def _drawn(self, cap: int) -> int:
        """A cap at 75-100 % of the usual one; one beyond a change is kept whole."""
        return int(cap * self.random.uniform(0.75, 1.0)) if cap == CAP else cap

    def long(self) -> list[Pair]:
        """The long pair of every session: the target first, the control as far as the target came."""
        arm = next((arm for arm in self.scenario.arms if arm != "helper"), self.scenario.arms[0])
        both = [self._two(session, 0, arm, 0.0, LONG_CAP) for session in range(self.sessions)]
        targets = self.flows([target for target, _ in both], LONG_SECONDS)
        as_far = [
            replace(control, cap=max(CAP, target.body_bytes))
            for (_, control), target in zip(both, targets, strict=True)
        ]
        controls = self.flows(as_far, LONG_SECONDS)
        return [
            Pair(arm=arm, target=target, control=control)
            for target, control in zip(targets, controls, strict=True)
        ]

    def before(self) -> list[dict[Arm, tuple[Flow, ...]]]:
        """Control-only flows an arm and session."""
        arms = self.scenario.arms
        asks = [
            Ask(session, 1 + i, "control", arm, False, BEFORE_CAP, 0.0)
            for session in range(self.sessions)
            for arm in arms
            for i in range(BEFORE)
        ]
        flows = iter(self.flows(asks))
        return [
            {arm: tuple(next(flows) for _ in range(BEFORE)) for arm in arms} for _ in range(self.sessions)
        ]

    def noise(self, count: int) -> list[list[Pair]]:
        """`count` control-control pairs a session."""
        asks = [
            Ask(session, 1 + BEFORE + i, "control", self.scenario.arms[0], False, CAP, 0.0)
            for session in range(self.sessions)
            for i in range(count)
            for _ in range(2)
        ]
        return self._pair_up(self.flows(asks), asks)

    def baselines(self) -> list[Baseline | None]:
        """Earlier evenings' pairs against the foreign control, without the box."""
        scene = self.scenario
        if not scene.baseline:
            return [None] * self.sessions
        asks = [
            replace(ask, limited=False)
            for session in range(self.sessions)
            for i in range(BASELINE_PAIRS)
            for ask in self._two(session, 1 + BEFORE + i, "foreign", 0.0)
        ]
        usual = replace(self, scenario=replace(scene, line=scene.baseline_line or scene.line))
        return [_baseline(pairs) for pairs in self._pair_up(usual.flows(asks), asks)]

    def _two(self, session: int, slot: int, arm: Arm, started: float, cap: int | None = None) -> list[Ask]:
        scene, size = self.scenario, cap or self._drawn(CAP)
        limited = scene.limit is not None and arm in scene.limited_arms
        return [
            Ask(session, slot, "target", arm, limited, size, started),
            Ask(session, slot, "control", arm, limited and scene.contagious, size, started + SECONDS),
        ]

    def _pair_up(self, flows: list[Flow], asks: Sequence[Ask]) -> list[list[Pair]]:
        found: list[list[Pair]] = [[] for _ in range(self.sessions)]
        for index in range(0, len(flows), 2):
            target, control = flows[index], flows[index + 1]
            if self.scenario.permute and self.random.random() < 0.5:
                target, control = replace(control, role="target"), replace(target, role="control")
            found[asks[index].session].append(Pair(arm=asks[index].arm, target=target, control=control))
        return found


def _failed(flow: Flow, server: Server) -> Flow:
    if server.fail == "forged":
        return replace(
            flow, certificate_valid=False, stage="tls", failure="ssl_unknown_authority", status=None
        )
    return replace(flow, complete=False, stage="transfer", failure="connection_reset")


def _d(pair: Pair) -> float | None:
    return measure(pair).d if pair_use(pair) == "counts" else None


def _baseline(pairs: Sequence[Pair]) -> Baseline:
    measured = [measure(pair) for pair in pairs if pair_use(pair) == "counts"]
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


def sessions(
    scenario: Scenario, count: int, random: np.random.Generator
) -> list[tuple[SessionEvidence, FamilyDecision]]:
    """`count` sessions run look by look until no arm is open, with the evidence each ended on."""
    block = Block.draw(scenario, count, random)
    long: list[Pair | None] = [*block.long()] if scenario.long_pair else [None] * count
    before, noise, baselines = block.before(), block.noise(NOISE_PAIRS), block.baselines()
    caps = [_cap(scenario, *each) for each in zip(long, before, strict=True)]
    taken: list[list[Pair]] = [[] for _ in range(count)]
    done: dict[int, tuple[SessionEvidence, FamilyDecision]] = {}
    start = 0
    for look in T.looks:
        stop = min(look, scenario.max_pairs)
        going = [index for index in range(count) if index not in done]
        fresh = block.pairs({index: range(start, stop) for index in going}, caps)
        start = stop
        for index in going:
            taken[index] += fresh[index]
            evidence = SessionEvidence(
                platform=scenario.id,
                arms=scenario.arms,
                pairs=tuple(taken[index]),
                before=before[index],
                long=long[index],
                noise=tuple(d for d in map(_d, noise[index]) if d is not None),
                baseline=baselines[index],
                plan=scenario.plan,
                network_changed=scenario.network_changed,
                extra_bytes=_bytes(noise[index], before[index]),
            )
            decision = decide(evidence)
            if not decision.open_arms or stop >= min(scenario.max_pairs, T.looks[-1]):
                done[index] = (evidence, decision)
    return [done[index] for index in range(count)]


def _bytes(pairs: Sequence[Pair], before: dict[Arm, tuple[Flow, ...]]) -> int:
    alone = sum(flow.body_bytes for flows in before.values() for flow in flows)
    return alone + sum(pair.bytes_received for pair in pairs)


def _cap(scenario: Scenario, long: Pair | None, before: Mapping[Arm, Sequence[Flow]]) -> int:
    if long is None or not scenario.extend:
        return CAP
    return needed_cap(long_slowdown(long), CAP, median(goodput(flow) for flow in before[long.arm]))
