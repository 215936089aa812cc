"""Further series, after the TCP downloads of a session are decided: the same pairs over QUIC, and uploads.

They run where it is known that pairs are possible here, with short flows, and most of them end after a few pairs that
show nothing. No flow of theirs is ever compared with another series'.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace

from measurements.throttle.evidence import SessionEvidence
from measurements.throttle.flow import Arm
from measurements.throttle.series import QUIC, SCREEN, Series, decide_series, goes_on
from measurements.throttle.usable import use_of
from probes.sessions.arms import ArmPlan, over_quic, upwards
from probes.sessions.pairs import Flows, Size, size_of, warm_up_of
from probes.sessions.plan import Plan


@dataclass
class FurtherSeries:
    """Runs `wanted`; what each has seen is in `evidence`, the last one's still growing."""

    flows: Flows
    plan: Plan
    arms: Sequence[ArmPlan]  # of the TCP downloads
    blank: SessionEvidence  # what holds for each series, without flows
    stop: Callable[[], bool]  # the time is over, or the network is another one
    evidence: list[SessionEvidence] = field(default_factory=list)
    now: Arm | None = None  # the arm under way
    pairs_to_come: int = 0  # at most

    async def run(self, wanted: Sequence[Series]) -> AsyncIterator[bool]:
        """Work; each yield is a place to pause after a pair, True where a pause is due.

        The first pairs of an arm only look whether there is anything, and follow one another at once.
        """
        for number, series in enumerate(wanted):
            self.pairs_to_come = (len(wanted) - number) * self.plan.max_pairs
            self.evidence.append(replace(self.blank, protocol=series.protocol, direction=series.direction))
            async for due in self._one(series):
                yield due
            if not self.evidence[-1].arms:
                self.evidence.pop()  # nobody offers it

    async def _one(self, series: Series) -> AsyncIterator[bool]:
        for arm in _arms(series, self.arms):
            warm_up = warm_up_of(self.plan)
            if self._over(arm) or not self._holds(warm_up):
                return
            warm = await self.flows.single(arm, "control", warm_up, "warm_up")
            if use_of(warm) != "counts":
                continue
            self.now = arm.arm
            self._see(arms=(*self.evidence[-1].arms, arm.arm))
            while goes_on(self.evidence[-1], arm.arm) and not self._over(arm):
                size = size_of(arm, self.plan, self.flows.random, self.plan.series_bytes)
                done = sum(pair.arm == arm.arm for pair in self.evidence[-1].pairs)
                if done >= self.plan.max_pairs or not self._holds(size):
                    return
                pair = await self.flows.pair(arm, size, "series")
                self._see(pairs=(*self.evidence[-1].pairs, pair))
                self.pairs_to_come -= 1
                yield done >= SCREEN
            if decide_series(self.evidence[-1]).verdict == "throttled":
                return

    def _over(self, arm: ArmPlan) -> bool:
        return self.stop() or self.flows.left_alone(arm.target, arm.control)

    def _see(self, **more: object) -> None:
        self.evidence[-1] = replace(self.evidence[-1], **more)  # type: ignore[arg-type]  # names are SessionEvidence's

    def _holds(self, size: Size) -> bool:
        return self.flows.ledger.total + 2 * size.cap_bytes <= self.plan.budget


def _arms(series: Series, arms: Sequence[ArmPlan]) -> list[ArmPlan]:
    """Only the name differs in these arms; our server alone takes uploads."""
    if series == QUIC:
        return [over_quic(arm) for arm in arms if arm.arm != "foreign"]
    return [upwards(arm) for arm in arms if arm.arm == "helper"]
