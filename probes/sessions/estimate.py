"""How long sessions may still take, for a person who waits. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from statistics import fmean

from probes.sessions.plan import NOISE_EVERY, Plan


def blocks(pairs: int) -> int:
    """Pairs to come with the noise checks between them."""
    return ceil(pairs * NOISE_EVERY / (NOISE_EVERY - 1))


@dataclass
class Pace:
    """Seconds: when the sessions began, and how long each block took so far."""

    plan: Plan
    began: float
    blocks: list[float] = field(default_factory=list)

    def left(self, to_come: Sequence[int], elapsed: float) -> float:
        """Seconds until sessions with so many blocks to come each are over, at the latest.

        A session waits between its blocks. Blocks of other sessions fill that wait; they never overlap.
        """
        block = fmean(self.blocks) if self.blocks else self.plan.flow_seconds
        alone = max(to_come, default=0) * (self.plan.interval + block)
        return max(0.0, min(self.plan.session_seconds - elapsed, max(alone, sum(to_come) * block)))
