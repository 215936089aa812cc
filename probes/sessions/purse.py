"""What a session may still spend. Pairs come first; noise checks and flows side by side take what they leave.

On a metered line a clear case stays below a sum that is known beforehand: the controls before the first target flow are
few and short, the pairs up to the first look share `pairs_bytes`, and everything else is held against `clear_bytes`.
"""

from collections import Counter
from dataclasses import dataclass, field

from measurements.throttle.flow import SHORT, Arm
from measurements.throttle.thresholds import THRESHOLDS
from probes.sessions.arms import ArmPlan
from probes.sessions.pairs import Ledger, Size
from probes.sessions.plan import OVERHEAD, Plan


@dataclass
class Purse:
    """Bytes, both ways: of the day's sessions together, of this session's `own`, and of its pairs, by arm."""

    plan: Plan
    ledger: Ledger
    own: Ledger
    pairs: Counter[Arm] = field(default_factory=Counter)

    def holds_pair(self, arm: ArmPlan) -> bool:
        """Another pair of the arm fits into the day, and into what its third party gives."""
        need = self.plan.flow_bytes
        if (
            arm.arm == "foreign"
            and self.ledger.by_control[arm.control.platform] + need > self.plan.foreign_budget
        ):
            return False
        return self.ledger.total + 2 * need <= self.plan.budget

    @property
    def most(self) -> int:
        """Bytes of each flow of a pair that takes all that is left of the day."""
        return max(0, self.plan.budget - self.ledger.total) // 2

    def longest(self, arm: Arm, counted: int) -> int:
        """Most bytes of the next flow of an arm that has so many pairs: a fair share of what a first look may cost."""
        left = THRESHOLDS.looks[0] - counted
        if self.plan.pairs_bytes is None or left <= 0:
            return self.plan.flow_bytes
        fair = (self.plan.pairs_bytes - self.pairs[arm]) // (2 * left) - OVERHEAD
        return max(SHORT, min(self.plan.flow_bytes, fair))

    def affords(self, size: Size, *, clear: bool, decided: bool) -> bool:
        """Two flows that no decision needs fit beside the pairs.

        `clear`: no arm has come past its first look without an answer. `decided`: no pair will follow.
        """
        left = self.plan.budget - self.ledger.total
        if self.plan.clear_bytes is not None and clear:
            to_come = 0 if decided else max(0, (self.plan.pairs_bytes or 0) - self.pairs.total())
            left = min(left, self.plan.clear_bytes - self.own.total - to_come)
        return 2 * (size.cap_bytes + OVERHEAD) <= left
