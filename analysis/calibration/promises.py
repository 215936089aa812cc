"""What was measured, and which promises it does not keep."""

from dataclasses import dataclass, field

from analysis.calibration.measure import Discoveries, Rates

# What the project promises (docs/association.md); two standard errors are allowed for chance.
FALSE_ALARMS, FALSE_DISCOVERIES, POWER = 0.07, 0.06, 0.90
COVERAGE = 0.90, 0.98
PROMISED_POWER = 0.33, 10  # drop, events


@dataclass
class Results:
    """What was measured, in the order of the page: each row's name and its rates; power by (drop, events)."""

    nulls: list[tuple[str, Rates]] = field(default_factory=list)
    power: dict[tuple[float, int], Rates] = field(default_factory=dict)
    power_more: list[tuple[str, Rates]] = field(default_factory=list)
    coverage: list[tuple[str, Rates]] = field(default_factory=list)
    busy: list[tuple[str, Rates]] = field(default_factory=list)
    worlds: list[tuple[str, Discoveries]] = field(default_factory=list)
    overload: Rates | None = None


def broken(results: Results) -> list[str]:
    """Promises that the figures do not keep, in words."""
    found = []
    for name, rates in results.nulls:
        if rates.rate > FALSE_ALARMS + 2 * standard_error(FALSE_ALARMS, rates.tested):
            found.append(f"false alarms {rates.rate:.3f}: {name}")
    for name, rates in results.coverage:
        low, high = (
            bound + side * 2 * standard_error(bound, rates.intervals)
            for bound, side in zip(COVERAGE, (-1, 1), strict=True)
        )
        if not low <= rates.coverage <= high:
            found.append(f"coverage {rates.coverage:.3f}: {name}")
    for name, discoveries in results.worlds:
        if discoveries.false_rate > FALSE_DISCOVERIES + 2 * discoveries.error:
            found.append(f"false discoveries {discoveries.false_rate:.3f}: {name}")
    promised = results.power[PROMISED_POWER]
    if promised.rate < POWER - 2 * standard_error(POWER, promised.tested):
        found.append(f"power {promised.rate:.3f} for the promised drop")
    return found


def standard_error(rate: float, count: int) -> float:
    """Standard error of a rate."""
    return float((rate * (1 - rate) / max(1, count)) ** 0.5)
