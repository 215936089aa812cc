"""docs/calibration.md: the figures of one run, nothing typed by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from analysis.calibration.measure import Discoveries, Effort, Rates
from analysis.calibration.scenarios import POWER_DROPS, POWER_EVENTS

# What the project promises (docs/association.md); two standard errors are allowed for chance.
FALSE_ALARMS, FALSE_DISCOVERIES, POWER = 0.07, 0.06, 0.90
COVERAGE = 0.90, 0.98
PROMISED_POWER = 0.33, 10  # drop, events


@dataclass
class Results:
    """What was measured, in the order of the page."""

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
        if rates.rate > FALSE_ALARMS + 2 * _error(FALSE_ALARMS, rates.tested):
            found.append(f"false alarms {rates.rate:.3f}: {name}")
    for name, rates in results.coverage:
        low, high = (
            bound + side * 2 * _error(bound, rates.intervals)
            for bound, side in zip(COVERAGE, (-1, 1), strict=True)
        )
        if not low <= rates.coverage <= high:
            found.append(f"coverage {rates.coverage:.3f}: {name}")
    for name, discoveries in results.worlds:
        if discoveries.false_rate > FALSE_DISCOVERIES + 2 * discoveries.error:
            found.append(f"false discoveries {discoveries.false_rate:.3f}: {name}")
    promised = results.power[PROMISED_POWER]
    if promised.rate < POWER - 2 * _error(POWER, promised.tested):
        found.append(f"power {promised.rate:.3f} for the promised drop")
    return found


def _error(rate: float, count: int) -> float:
    """Standard error of a rate."""
    return float((rate * (1 - rate) / max(1, count)) ** 0.5)


def write(results: Results, effort: Effort, made_with: str) -> str:
    """The page as Markdown."""
    parts = [
        "# How often the association test errs",
        f"Written by `make calibrate`; do not edit. {effort.cells} simulated cells a row of false alarms (more where "
        f"the rate is near the limit), {effort.others} a row of power, coverage and busy evenings, "
        f"{effort.shifts} shifts a cell; {effort.worlds} worlds a row of discoveries, {effort.world_shifts} shifts a "
        f"cell; seed {effort.seed}. {made_with}",
        "A cell is 60 days of half-hourly pairs on one line (120 where events come every evening): a daily shape, "
        "congestion shared by platform and control, noise that remembers, a fifth of the votes and three outages "
        "missing. Ten events of one to three hours unless a row says otherwise. The rows are data: "
        "`analysis/calibration/scenarios.py`.",
        "## False alarms",
        "Nothing keeps the hours of the events here, so each p below .05 is a false alarm. Promised: at most "
        f"{FALSE_ALARMS:.2f}, two standard errors allowed ({2 * _error(FALSE_ALARMS, effort.cells):.3f} where all "
        "cells are tested). The plain tests look at the same cells; they are shown to warn, Efir never uses them.",
        _nulls(results.nulls),
        "## Power",
        "Share of cells with p below .05. Promised: at least "
        f"{POWER:.2f} for a drop of 33 % with 10 events in 60 days.",
        _power(results.power),
        _table(
            ("what happens", "tested", "p < .05", "associated"),
            [
                (name, str(rates.tested), _rate(rates.rate), _rate(rates.share("associated")))
                for name, rates in results.power_more
            ],
        ),
        "A small drop with few events is usually missed. `minimum_detectable_effect` says so for each cell.",
        "## Interval coverage",
        f"How often the 95 % interval holds the true effect. Promised: {COVERAGE[0]:.2f} to {COVERAGE[1]:.2f}.",
        _table(
            ("what happens", "intervals", "hold the truth"),
            [(name, str(rates.intervals), _rate(rates.coverage)) for name, rates in results.coverage],
        ),
        "## Events on nearly every evening",
        "There is nothing to compare with, so the answer is `not_identifiable`; where starts vary, the test of onset "
        "alignment may speak, and only it.",
        _table(
            ("events", "not_identifiable", "associated", "onset test ran", "p < .05"),
            [
                (
                    name,
                    _rate(rates.share("not_identifiable")),
                    _rate(rates.share("associated")),
                    str(rates.tested),
                    _rate(rates.rate) if rates.tested else "never ran",
                )
                for name, rates in results.busy
            ],
        ),
        "## False discoveries over seven platforms on six providers",
        "42 cells a world, those of a provider share its congestion; 8 of them are throttled where a drop is named. "
        f"Mean share of false ones among the cells called `associated`. Promised: at most {FALSE_DISCOVERIES:.2f}.",
        _table(
            ("world", "false discoveries", "throttled cells found"),
            [
                (name, f"{each.false_rate:.3f} (± {2 * each.error:.3f})", _rate(each.found))
                for name, each in results.worlds
            ],
        ),
        "## What no test on one platform and one provider can tell",
    ]
    if results.overload is not None:
        parts.append(
            "If the event's own audience slows the platform in just these hours (20 % here), "
            f"p falls below .05 in {_rate(results.overload.rate)} of the cells: harm that keeps the hours is all that "
            "is shown, not who made it. Other countries, providers and cancelled events are the controls for this."
        )
    lacks = broken(results)
    parts += [
        "## Promises",
        "All kept in this run."
        if not lacks
        else "Not kept in this run:\n\n" + "\n".join(f"- {lack}" for lack in lacks),
    ]
    return "\n\n".join(parts) + "\n"


def _rate(value: float) -> str:
    return "-" if value != value else f"{value:.3f}"  # NaN: nothing to divide by


def _nulls(rows: Sequence[tuple[str, Rates]]) -> str:
    plain = sorted({name for _, rates in rows for name in rates.plain})
    lines = []
    for name, rates in rows:
        others = [
            _rate(rates.plain[test] / rates.plain_cells) if rates.plain_cells else "-" for test in plain
        ]
        lines.append(
            (name, str(rates.tested), f"**{_rate(rates.rate)}**", _rate(rates.share("associated")), *others)
        )
    return _table(("what happens", "tested", "Efir, p < .05", "Efir says associated", *plain), lines)


def _power(grid: dict[tuple[float, int], Rates]) -> str:
    return _table(
        ("drop", *(f"{events} events" for events in POWER_EVENTS)),
        [
            (f"{drop:.0%}", *(_rate(grid[drop, events].rate) for events in POWER_EVENTS))
            for drop in POWER_DROPS
        ],
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
