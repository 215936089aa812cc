"""What goes in and what comes out of the association test."""

from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

Outcome = Literal["goodput", "failure"]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Votes:
    """The votes of one cell, sorted by time.

    `value` is d = ln goodput(target) - ln goodput(control) with failed targets imputed (NaN only if no target
    flow of the cell ever succeeded), or the share of failed probes minus the controls' (`controlled`). `failed`
    is the share of the vote's own probes or pairs that failed, 0 to 1.
    """

    platform: str
    asn: int | None
    outcome: Outcome
    time: Ints  # UTC seconds
    vantage: Ints  # codes from 0
    value: Floats
    failed: Floats
    controlled: bool = True  # False: the data hold no controls (failure outcome only)
    group: str | None = None  # owner of the provider, where votes of several AS were pooled

    def __len__(self) -> int:
        return len(self.time)

    def take(self, which: Bools) -> "Votes":
        """The votes where `which` is true."""
        columns = {name: getattr(self, name)[which] for name in ("time", "vantage", "value", "failed")}
        return Votes(
            self.platform, self.asn, self.outcome, controlled=self.controlled, group=self.group, **columns
        )


class EventEffect(msgspec.Struct, frozen=True, kw_only=True):
    """One event of an association: `effect` in its unit; minutes relative to the schedule (negative = before)."""

    ids: tuple[str, ...]
    start: str  # ISO 8601, UTC
    end: str
    votes: int
    effect: float | None = None
    onset_minutes: float | None = None
    end_minutes: float | None = None


class SplitEffect(msgspec.Struct, frozen=True, kw_only=True):
    """The effect over a part of the events."""

    part: str  # announced | unannounced | held | cancelled
    events: int
    effect: float | None = None
    effect_low: float | None = None
    effect_high: float | None = None


class Association(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="association"):
    """`association` line of the NDJSON contract (DESIGN sections 8 and 9); what cannot be computed is None."""

    platform: str
    asn: int | None
    outcome: Outcome
    verdict: str
    events: int
    effect: float | None = None
    effect_low: float | None = None
    effect_high: float | None = None
    p_value: float | None = None
    q_value: float | None = None
    minimum_detectable_effect: float | None = None
    measurements: int
    vantages: int
    reason: str | None = None
    group: str | None = None
    seed: int | None = None
    shifts: int | None = None  # comparable shifts (or permutations of starts) behind p_value
    # descriptive: median ratio to the control, or share of failed votes, in the windows
    inside: float | None = None
    outside: float | None = None  # the same in the other hours of the same days
    per_event: tuple[EventEffect, ...] = ()
    splits: tuple[SplitEffect, ...] = ()
    preregistration: str | None = None  # hash of the hypotheses written beforehand
