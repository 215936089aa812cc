"""Flows of many sessions of one scenario: the model's series as the records that a reader would keep."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from lab.flowsim.engine import Batch, Floats, Series, run
from lab.flowsim.scenario import MISS_PACE, Limit, Scenario, Server
from measurements.records import Role
from measurements.throttle.flow import Arm, Flow
from measurements.throttle.pair import Pair
from measurements.throttle.series import QUIC, UPLOAD

SECONDS: Final = 10.0  # of a usual flow
HANDSHAKE_BYTES: Final = 4500  # a usual chain of certificates
DRIFT: Final = 0.9  # correlation of the line's speed from pair to pair


@dataclass(frozen=True, slots=True)
class Ask:
    """One flow to simulate."""

    session: int
    slot: int
    role: Role
    arm: Arm
    limited: bool
    cap: int
    seconds: float = SECONDS
    started: float = 0.0


@dataclass(frozen=True, slots=True)
class _Reads:
    """What a flow's reader saw."""

    complete: bool  # it got all that it asked for
    times: tuple[float, ...]
    sizes: tuple[int, ...]
    disordered: float


def _reads(series: Series, caps: Floats, seconds: Floats) -> Iterator[_Reads]:
    """The reads that brought bytes in time, flow by flow; the last one ends at the flow's cap."""
    times, most = series.times, caps[:, None]
    delivered = np.where(times <= seconds[:, None], series.delivered, 0.0)
    delivered = np.maximum.accumulate(delivered, axis=1)
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
    def draw(cls, scenario: Scenario, sessions: int, slots: int, random: np.random.Generator) -> "Block":
        """Draw each session's slow drift: a stationary AR(1) over its slots."""
        steps = random.standard_normal((sessions, slots))
        for slot in range(1, slots):
            steps[:, slot] = DRIFT * steps[:, slot - 1] + np.sqrt(1 - DRIFT**2) * steps[:, slot]
        return cls(scenario, sessions, random, scenario.line.drift_sd * steps)

    def flows(self, asks: Sequence[Ask]) -> list[Flow]:
        """Simulate all asked flows at once."""
        if not asks:
            return []
        batch, rtt, handshake = self._columns(asks)
        caps = np.array([float(ask.cap) for ask in asks])
        seconds = np.array([ask.seconds for ask in asks])
        series = run(batch, caps, seconds, self.random)
        clocks = zip(rtt.tolist(), handshake.tolist(), batch.rtt.tolist(), strict=True)
        return [
            self._flow(ask, reads, *clock)
            for ask, reads, clock in zip(asks, _reads(series, caps, seconds), clocks, strict=True)
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

    def _flow(self, ask: Ask, reads: _Reads, rtt: float, handshake: float, first_byte: float) -> Flow:
        scene, random = self.scenario, self.random
        server = scene.target if ask.role == "target" else scene.control
        complete, times = reads.complete, reads.times
        limit = scene.limit if ask.limited else None
        stopped = not complete and (not times or times[-1] < 0.7 * ask.seconds)
        upstream = scene.line.loss + (limit.loss if limit and limit.kind == "ack_loss" else 0.0)
        queued = limit.burst if limit and limit.kind == "shape" else 0.0
        seen = Flow(
            role=ask.role,
            started=ask.started,
            times=times,
            sizes=reads.sizes,
            elapsed=times[-1] if complete else ask.seconds,
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
        flow = self._as_told(seen)
        if server.fail and random.random() < server.fail_share:
            return _failed(flow, server)
        return flow

    def _as_told(self, flow: Flow) -> Flow:
        """Without what the series' own protocol or direction does not tell."""
        series = self.scenario.series
        if series == QUIC:
            return replace(flow, rtt=None, min_rtt=None, out_of_order=None, resent=None)
        if series == UPLOAD:
            return replace(flow, out_of_order=None, retransmitted=flow.out_of_order)
        return flow

    def pairs(self, asks: Sequence[Ask]) -> list[Pair]:
        """A pair of each: what is asked of the target, and the same of its control."""
        twice = [each for ask in asks for each in (ask, self.partner(ask))]
        flows = self.flows(twice)
        sides = map(self._labelled, flows[::2], flows[1::2])
        return [
            Pair(arm=ask.arm, target=target, control=control)
            for ask, (target, control) in zip(asks, sides, strict=True)
        ]

    def partner(self, ask: Ask) -> Ask:
        limited = ask.limited and self.scenario.contagious
        return replace(ask, role="control", limited=limited, started=ask.started + SECONDS)

    def _labelled(self, target: Flow, control: Flow) -> tuple[Flow, Flow]:
        if self.scenario.permute and self.random.random() < 0.5:
            return replace(control, role="target"), replace(target, role="control")
        return target, control


_NO_ANSWER: Final = {
    "complete": False,
    "stalled": False,
    "elapsed": SECONDS,
    "times": (),
    "sizes": (),
    "status": None,
    "certificate_valid": None,
    "handshake": None,
    "handshake_bytes": 0,
    "stage": "tls",
    "failure": "generic_timeout_error",
}
_FAILED: Final[dict[str, dict[str, Any]]] = {
    "reset": {"complete": False, "stage": "transfer", "failure": "connection_reset"},
    "forged": {
        "certificate_valid": False,
        "stage": "tls",
        "failure": "ssl_unknown_authority",
        "status": None,
    },
    "silent": _NO_ANSWER,
}


def _failed(flow: Flow, server: Server) -> Flow:
    return replace(flow, **_FAILED[server.fail or ""])
