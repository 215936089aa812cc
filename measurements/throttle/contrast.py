"""Target against control over a row of pairs: ratio, exact bounds, exact p."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import median

from measurements.throttle.hodges_lehmann import Estimate, one_sample
from measurements.throttle.thresholds import THRESHOLDS as T
from measurements.throttle.wilcoxon import signed_rank_p

NO_SHIFT = Estimate(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """`ratio` below 1 = the target does worse. Units of the medians: bytes per second, or seconds for handshakes."""

    n: int
    ratio: float
    low: float | None  # one-sided 95 % bounds; None = too few pairs for one
    high: float | None
    p: float  # one-sided: the target is not worse
    target: float  # median
    control: float  # median
    often: float  # share of the pairs in which the target does worse by half
    fold: float  # how many times worse the target does in the middle of the pairs, any baseline taken off

    def clearly_worse(self, alpha: float) -> bool:
        """The statistical half of `throttled`; `alpha` is the look's."""
        surely = self.p <= alpha and self.high is not None and self.high < T.half
        return surely and self.fold >= T.contrast and self.often >= T.often

    @property
    def clean(self) -> bool:
        """The target does at least half as well as the control."""
        return self.low is not None and self.low > T.half


def contrast(d: Sequence[float], target: float, control: float, shift: Estimate = NO_SHIFT) -> Contrast:
    """Contrast of one-or-more log-ratios `d`, of which `shift` (a baseline) is usual.

    The side of the baseline's interval is taken that makes the claim harder, so that an unsure baseline proves nothing.
    `target` and `control` are medians of rates; for times pass their inverses.
    """
    usual_low = shift.value if shift.low is None else shift.low
    usual_high = shift.value if shift.high is None else shift.high
    estimate = one_sample(d, T.bound_alpha)
    return Contrast(
        n=len(d),
        ratio=exp(estimate.value - shift.value),
        low=None if estimate.low is None else exp(estimate.low - usual_high),
        high=None if estimate.high is None else exp(estimate.high - usual_low),
        p=signed_rank_p([value - usual_low for value in d]),
        target=target,
        control=control,
        often=sum(value - usual_low < log(T.half) for value in d) / len(d),
        fold=exp(usual_low - estimate.value),
    )


def medians(values: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Medians of the first and of the second numbers."""
    return median(first for first, _ in values), median(second for _, second in values)


def median_known(values: Iterable[float | None]) -> float | None:
    """Median of what is known of them; None where nothing is."""
    known = [value for value in values if value is not None]
    return median(known) if known else None
