"""docs/calibration.md: the figures of one run, nothing typed by hand. A function a section."""

from collections.abc import Sequence

from analysis.calibration.measure import Discoveries, Effort, Rates
from analysis.calibration.promises import (
    COVERAGE,
    FALSE_ALARMS,
    FALSE_DISCOVERIES,
    POWER,
    Results,
    broken,
    standard_error,
)
from analysis.calibration.scenarios import POWER_DROPS, POWER_EVENTS

Named = Sequence[tuple[str, Rates]]


def write(results: Results, effort: Effort, made_with: str) -> str:
    """The page as Markdown."""
    paragraphs = [
        *_opening(effort, made_with),
        *_false_alarms(results.nulls, effort.cells),
        *_power(results.power, results.power_more),
        *_coverage(results.coverage),
        *_nearly_every_evening(results.busy),
        *_false_discoveries(results.worlds),
        *_limits(results.overload),
        *_promises(broken(results)),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _opening(effort: Effort, made_with: str) -> list[str]:
    return [
        "# How often the association test errs",
        f"Written by `make calibrate`; do not edit. {effort.cells} simulated cells a row of false alarms (more where "
        f"the rate is near the limit), {effort.others} a row of power, coverage and busy evenings, "
        f"{effort.shifts} shifts a cell; {effort.worlds} worlds a row of discoveries, {effort.world_shifts} shifts a "
        f"cell; seed {effort.seed}. {made_with}",
        "A cell is 60 days of half-hourly pairs on one line (120 where events come every evening): a daily shape, "
        "congestion shared by platform and control, noise that remembers, a fifth of the votes and three outages "
        "missing. Ten events of one to three hours unless a row says otherwise. The rows are data: "
        "`analysis/calibration/scenarios.py`.",
    ]


def _false_alarms(rows: Named, cells: int) -> list[str]:
    plain = sorted({name for _, rates in rows for name in rates.plain})
    return [
        "## False alarms",
        "Nothing keeps the hours of the events here, so each p below .05 is a false alarm. Promised: at most "
        f"{FALSE_ALARMS:.2f}, two standard errors allowed ({2 * standard_error(FALSE_ALARMS, cells):.3f} where all "
        "cells are tested). The plain tests look at the same cells; they are shown to warn, Efir never uses them.",
        table(
            ("what happens", "tested", "Efir, p < .05", "Efir says associated", *plain),
            [(name, *_beside_plain_tests(rates, plain)) for name, rates in rows],
        ),
    ]


def _beside_plain_tests(rates: Rates, plain: Sequence[str]) -> tuple[str, ...]:
    cells = rates.plain_cells
    others = [figure(rates.plain[test] / cells) if cells else "-" for test in plain]
    return (str(rates.tested), f"**{figure(rates.rate)}**", figure(rates.share("associated")), *others)


def _power(grid: dict[tuple[float, int], Rates], more: Named) -> list[str]:
    return [
        "## Power",
        "Share of cells with p below .05. Promised: at least "
        f"{POWER:.2f} for a drop of 33 % with 10 events in 60 days.",
        table(
            ("drop", *(f"{events} events" for events in POWER_EVENTS)),
            [
                (f"{drop:.0%}", *(figure(grid[drop, events].rate) for events in POWER_EVENTS))
                for drop in POWER_DROPS
            ],
        ),
        table(
            ("what happens", "tested", "p < .05", "associated"),
            [
                (name, str(rates.tested), figure(rates.rate), figure(rates.share("associated")))
                for name, rates in more
            ],
        ),
        "A small drop with few events is usually missed. `minimum_detectable_effect` says so for each cell.",
    ]


def _coverage(rows: Named) -> list[str]:
    return [
        "## Interval coverage",
        f"How often the 95 % interval holds the true effect. Promised: {COVERAGE[0]:.2f} to {COVERAGE[1]:.2f}.",
        table(
            ("what happens", "intervals", "hold the truth"),
            [(name, str(rates.intervals), figure(rates.coverage)) for name, rates in rows],
        ),
    ]


def _nearly_every_evening(rows: Named) -> list[str]:
    return [
        "## Events on nearly every evening",
        "There is nothing to compare with, so the answer is `not_identifiable`; where starts vary, the test of onset "
        "alignment may speak, and only it.",
        table(
            ("events", "not_identifiable", "associated", "onset test ran", "p < .05"),
            [
                (
                    name,
                    figure(rates.share("not_identifiable")),
                    figure(rates.share("associated")),
                    str(rates.tested),
                    figure(rates.rate) if rates.tested else "never ran",
                )
                for name, rates in rows
            ],
        ),
    ]


def _false_discoveries(rows: Sequence[tuple[str, Discoveries]]) -> list[str]:
    return [
        "## False discoveries over seven platforms on six providers",
        "42 cells a world, those of a provider share its congestion; 8 of them are throttled where a drop is named. "
        f"Mean share of false ones among the cells called `associated`. Promised: at most {FALSE_DISCOVERIES:.2f}.",
        table(
            ("world", "false discoveries", "throttled cells found"),
            [
                (name, f"{each.false_rate:.3f} (± {2 * each.error:.3f})", figure(each.found))
                for name, each in rows
            ],
        ),
    ]


def _limits(overload: Rates | None) -> list[str]:
    head = "## What no test on one platform and one provider can tell"
    if overload is None:
        return [head]
    return [
        head,
        "If the event's own audience slows the platform in just these hours (20 % here), "
        f"p falls below .05 in {figure(overload.rate)} of the cells: harm that keeps the hours is all that "
        "is shown, not who made it. Other countries, providers and cancelled events are the controls for this.",
    ]


def _promises(lacks: Sequence[str]) -> list[str]:
    if not lacks:
        return ["## Promises", "All kept in this run."]
    return ["## Promises", "Not kept in this run:\n\n" + "\n".join(f"- {lack}" for lack in lacks)]


def figure(value: float) -> str:
    """A rate as the pages show it."""
    return "-" if value != value else f"{value:.3f}"  # NaN: nothing to divide by


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
