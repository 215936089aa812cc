"""Whole sessions of `efir throttle` in the emulated network, counted: the end-to-end half of docs/accuracy.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from lab.matrix import throttle_lines
from lab.running import running
from lab.scenario import Scenario
from measurements.targets import Targets


@dataclass(frozen=True, kw_only=True)
class Case:
    """A scenario, the platform that is measured in it, and what is true there."""

    scenario: str
    platform: str
    verdict: str
    mechanism: str | None = None
    scope: str | None = None
    rate: float | None = None  # bytes per second that the box lets through


CASES: Final = (
    Case(
        scenario="throttle-police-sni",
        platform="youtube",
        verdict="throttled",
        mechanism="policer",
        scope="connection",
        rate=18_750,
    ),
    Case(
        scenario="throttle-shape-sni",
        platform="instagram",
        verdict="throttled",
        mechanism="shaper",
        scope="connection",
        rate=16_000,
    ),
    Case(scenario="throttle-freeze", platform="twitter", verdict="throttled", mechanism="truncation"),
    Case(scenario="open", platform="youtube", verdict="not_throttled"),
    Case(scenario="innocent-loss", platform="youtube", verdict="not_throttled"),
    Case(scenario="innocent-mobile", platform="youtube", verdict="not_throttled"),
)

_HEAD: Final = (
    "scenario",
    "runs",
    "right",
    "missed or false",
    "left open",
    "mechanism right",
    "scope right",
    "rate error, median %",
    "MB, median",
)


def session(case: Case, scenario: Scenario, targets: Targets) -> dict[str, Any]:
    """One session's NDJSON line. Raises LabError where the command broke down."""
    with running(scenario, targets) as lab:
        return next(
            line for line in throttle_lines(lab, [case.platform]) if line.get("platform") == case.platform
        )


def table(runs: Mapping[Case, Sequence[Mapping[str, Any]]]) -> str:
    """One row a case, in Markdown."""
    rows = [_HEAD, ("---",) * len(_HEAD), *(_row(case, lines) for case, lines in runs.items() if lines)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _row(case: Case, lines: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    verdicts = [line["verdict"] for line in lines]
    right, left_open = verdicts.count(case.verdict), verdicts.count("inconclusive")
    errors = [
        abs(line["effective_bytes_per_second"] / case.rate - 1)
        for line in lines
        if case.rate and line["effective_bytes_per_second"]
    ]
    return (
        f"{case.scenario} ({case.platform}: {case.verdict})",
        str(len(lines)),
        str(right),
        str(len(lines) - right - left_open),
        str(left_open),
        _hits(case.mechanism, [line["mechanism"] for line in lines]),
        _hits(case.scope, [line["scope"] for line in lines]),
        f"{100 * median(errors):.1f}" if errors else "-",
        f"{median(line['bytes_received'] for line in lines) / 1e6:.1f}",
    )


def _hits(wanted: str | None, got: Sequence[str | None]) -> str:
    return "-" if wanted is None else f"{sum(each == wanted for each in got)} of {len(got)}"
