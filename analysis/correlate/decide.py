"""From figures to a word: the verdict and its reason, as an ordered table; and the Benjamini-Hochberg correction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.correlate import settings
from analysis.correlate.types import Outcome


@dataclass(frozen=True)
class Evidence:
    """All that the verdict of one cell rests on. Effects in their unit (ratio or difference)."""

    outcome: Outcome
    too_few: str | None = None  # why there are too few votes
    obstacle: str | None = None  # why the cell is not identifiable
    onset: bool = False  # p_value is that of the onset test
    p_value: float | None = None
    q_value: float | None = None
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    inside: float | None = None  # median ratio, or share of failed votes, in the windows
    outside: float | None = None  # the same in the other hours of the event days
    failed_events: int = 0
    carried: float = 1.0  # share of the effect that is left without the two worst events

    @property
    def harmful(self) -> bool:
        """The effect points to slower, or more failures."""
        if self.effect is None:
            return False
        return self.effect < 1 if self.outcome == "goodput" else self.effect > 0

    @property
    def significant(self) -> bool:
        return self.q_value is not None and self.q_value <= settings.ALPHA

    @property
    def keeps_hours(self) -> bool:
        """Failures fall in several events and are not simply those of the whole day."""
        if self.outcome == "goodput":
            return True
        few = self.failed_events < settings.FAILED_EVENTS or self.carried < settings.CARRIED_SHARE
        if self.inside is None or self.effect is None or few:
            return False
        return self.outside is None or self.inside - self.outside >= self.effect / 2

    @property
    def continuous(self) -> bool:
        """Bad in the windows and in the other hours of the same days alike."""
        if self.inside is None or self.outside is None:
            return False
        if self.outcome == "goodput":
            limit = settings.CONTINUOUS_RATIO
            alike = self.inside >= settings.RATIO * self.outside
            return self.inside < limit and self.outside < limit and alike
        limit = settings.CONTINUOUS_SHARE
        alike = self.inside - self.outside <= settings.DIFFERENCE
        return self.inside >= limit and self.outside >= limit and alike

    @property
    def excluded(self) -> bool:
        """The interval excludes a large harm."""
        if self.outcome == "goodput":
            return self.low is not None and self.low > settings.RATIO
        return self.high is not None and self.high < settings.DIFFERENCE

    @property
    def seen(self) -> bool:
        return self.p_value is not None and self.p_value <= settings.ALPHA and self.harmful


# First match wins: (condition, verdict, reason or how to get it).
_RULES: tuple[tuple[Callable[[Evidence], bool], str, Callable[[Evidence], str | None]], ...] = (
    (lambda e: e.too_few is not None, "insufficient", lambda e: e.too_few),
    (
        lambda e: e.obstacle is not None and e.onset and e.significant,
        "associated",
        lambda e: f"onset alignment; {e.obstacle}, so there is no effect, only descriptive figures",
    ),
    (
        lambda e: e.obstacle is not None,
        "not_identifiable",
        lambda e: f"{e.obstacle}; figures are descriptive only",
    ),
    (lambda e: e.p_value is None, "insufficient", lambda e: "too few comparable shifts of the schedule"),
    (lambda e: e.significant and e.harmful and e.keeps_hours, "associated", lambda e: None),
    (
        lambda e: e.continuous,
        "continuous",
        lambda e: "as bad in the other hours of the same days: not tied to the hours of the events",
    ),
    (
        lambda e: e.significant and e.harmful,
        "insufficient",
        lambda e: "more failures than expected in the windows, but they do not keep the hours of the events",
    ),
    (
        lambda e: e.seen,
        "insufficient",
        lambda e: "an effect is seen, but does not pass the correction for the number of cells",
    ),
    (lambda e: e.excluded, "not_associated", lambda e: None),
    (
        lambda e: True,
        "insufficient",
        lambda e: "no effect is shown, and one as large as the limit is not excluded",
    ),
)


def decide(evidence: Evidence) -> tuple[str, str | None]:
    """(verdict, reason) of a cell."""
    for condition, verdict, reason in _RULES:
        if condition(evidence):
            return verdict, reason(evidence)
    raise AssertionError("the last rule always matches")


def q_values(p_values: Sequence[float | None]) -> list[float | None]:
    """Benjamini and Hochberg (1995) over the p-values that exist; the others stay None."""
    known = np.array([p for p in p_values if p is not None])
    if len(known) == 0:
        return [None] * len(p_values)
    order = np.argsort(known)[::-1]
    ranks = np.arange(len(known), 0, -1)
    adjusted = np.minimum.accumulate(known[order] * len(known) / ranks)
    result = np.empty(len(known))
    result[order] = np.minimum(adjusted, 1.0)
    left = iter(result.tolist())
    return [None if p is None else next(left) for p in p_values]
