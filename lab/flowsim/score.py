"""What the decision made of each scenario: shares with Wilson intervals, costs, errors of the signature."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from math import sqrt
from statistics import fmean, median
from typing import Any, Final

import numpy as np

from lab.flowsim.peers import speed_test, wehe
from lab.flowsim.scenario import Scenario
from lab.flowsim.series import series_sessions
from lab.flowsim.sessions import PLAN, cost, sessions
from measurements.throttle.decision import FamilyDecision
from measurements.throttle.evidence import SessionEvidence
from measurements.throttle.scope import scope
from measurements.throttle.signature import Signature, signature

BLOCK: Final = 400  # sessions simulated side by side: enough to fill an array, few enough for the memory
SIGNED: Final = 300  # sessions a row whose signature is worked out: it costs more than the decision
Z95: Final = 1.959964  # normal quantile of a two-sided 95 % interval


def wilson(hits: int, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (Wilson 1927)."""
    if count == 0:
        return 0.0, 1.0
    share, z2 = hits / count, Z95 * Z95
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = Z95 / (1 + z2 / count) * sqrt(share * (1 - share) / count + z2 / (4 * count * count))
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(slots=True)
class Tally:
    """Counts of one row; everything in it can be written as JSON."""

    id: str
    words: str
    want: tuple[str, ...]
    sessions: int = 0
    right: int = 0
    missed: int = 0  # not_throttled where throttled is right
    false: int = 0  # throttled where it is wrong
    inconclusive: int = 0  # where an answer was possible
    reasons: dict[str, int] = field(default_factory=dict)  # of inconclusive sessions
    pairs: float = 0.0  # mean, an arm
    minutes: float = 0.0  # mean, of the decision pairs
    pair_bytes: float = 0.0  # mean, of the decision pairs
    session_bytes: float = 0.0  # mean, with warm-up controls, noise checks and the long pair
    signed: int = 0
    mechanism_right: int | None = None
    scope_right: int | None = None
    rate_error: float | None = None  # median of |rate / cap - 1|
    rate_within: float | None = None  # share of sessions within 5 %
    burst_error: float | None = None  # median of |burst / bucket - 1|
    wehe: int = 0  # first pairs that Wehe's client rule calls differentiated
    speed_test: int = 0  # first pairs that a plain comparison calls slow

    @property
    def cleared(self) -> int:
        """Sessions that ended `not_throttled`."""
        answered = self.sessions - sum(self.reasons.values())
        return answered - self.false if "throttled" not in self.want else self.missed


def tally(scenario: Scenario, count: int, seed: int) -> Tally:
    """Run `count` sessions of a scenario, reproducibly from `seed` and the scenario's id."""
    random = np.random.default_rng([seed, *scenario.id.encode()])
    result = Tally(scenario.id, scenario.words, scenario.want)
    reasons: Counter[str] = Counter()
    costs: list[tuple[float, float, float, float]] = []
    signed: list[tuple[Signature, str | None]] = []
    while result.sessions < count:
        taken = (series_sessions if scenario.series else sessions)(
            scenario, min(BLOCK, count - result.sessions), random
        )
        for session, decision in taken:
            _count(result, reasons, decision)
            costs.append(_cost(session))
            for pair in session.pairs[:1]:
                result.wehe += wehe(pair)
                result.speed_test += speed_test(pair)
            if decision.verdict == "throttled" and len(signed) < SIGNED:
                signed.append((signature(session, decision), scope(decision)))
    result.reasons = dict(reasons.most_common())
    result.pairs, result.minutes, result.pair_bytes, result.session_bytes = (
        round(fmean(column), 3) for column in zip(*costs, strict=True)
    )
    _sign(result, scenario, signed)
    return result


def _count(result: Tally, reasons: Counter[str], decision: FamilyDecision) -> None:
    result.sessions += 1
    if decision.verdict in result.want:
        result.right += 1
    elif decision.verdict == "throttled":
        result.false += 1
    elif decision.verdict == "not_throttled":
        result.missed += 1
    else:
        result.inconclusive += 1
    if decision.verdict == "inconclusive":
        reasons[decision.reason or ""] += 1


def _cost(session: SessionEvidence) -> tuple[float, float, float, float]:
    """Pairs an arm that had any, minutes, bytes of the pairs and of all."""
    arms = {pair.arm for pair in session.pairs}
    pairs = sum(map(cost, session.pairs))
    minutes = (max(len(session.pairs) - 1, 0) * PLAN.pair_seconds + 2 * PLAN.flow_seconds) / 60
    long = cost(session.long) if session.long else 0
    return (
        len(session.pairs) / max(len(arms), 1),
        minutes,
        float(pairs),
        float(pairs + long + session.extra_bytes),
    )


def _sign(result: Tally, scenario: Scenario, signed: Sequence[tuple[Signature, str | None]]) -> None:
    limit = scenario.limit
    result.signed = len(signed)
    if not signed or limit is None or "throttled" not in scenario.want:
        return
    if scenario.mechanism:
        result.mechanism_right = sum(found.mechanism == scenario.mechanism for found, _ in signed)
    if scenario.scope:
        result.scope_right = sum(word == scenario.scope for _, word in signed)
    errors = [abs(found.rate / (limit.kbit * 125) - 1) for found, _ in signed if found.rate]
    if errors and limit.kind in {"police", "shape"}:
        result.rate_error = round(median(errors), 4)
        result.rate_within = round(sum(error <= 0.05 for error in errors) / len(signed), 4)
    bursts = [abs(found.burst / limit.burst - 1) for found, _ in signed if found.burst]
    if bursts and limit.kind == "police" and not limit.after_bytes:
        result.burst_error = round(median(bursts), 4)


def as_json(tallies: Sequence[Tally]) -> list[dict[str, Any]]:
    """Rows as plain data."""
    return [asdict(each) for each in tallies]


def from_json(rows: Sequence[dict[str, Any]]) -> list[Tally]:
    """The reverse of `as_json`."""
    return [Tally(**{**row, "want": tuple(row["want"])}) for row in rows]
