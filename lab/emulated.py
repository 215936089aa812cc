"""Whole sessions of `efir throttle` in the emulated network, counted: the end-to-end half of docs/accuracy.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any, Final

from lab.flowsim.peers import speed_test, wehe
from lab.matrix import throttle_lines
from lab.running import Running, running
from lab.scenario import Scenario
from lab.session import LabError
from measurements.records import Observation
from measurements.state import StateFolder
from measurements.store import Spool
from measurements.targets import Targets
from measurements.throttle.of_records import flow_of
from measurements.throttle.pair import Pair

THROTTLED: Final = ("throttled",)
OPEN: Final = ("inconclusive",)
NEVER: Final = ("not_throttled", "inconclusive")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A scenario, the platform that is measured in it, and what is true there."""

    scenario: str
    platform: str = "youtube"
    right: tuple[str, ...] = THROTTLED
    mechanism: str | None = None
    scope: str | None = None
    rate: float | None = None  # bytes per second that the box lets through


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a session said, and what other rules say of its first pair."""

    line: Mapping[str, Any]
    wehe: bool = False
    speed_test: bool = False


CASES: Final = (
    Case(scenario="throttle-police-sni", mechanism="policer", scope="connection", rate=18_750),
    Case(scenario="throttle-narrow-line", mechanism="policer", scope="connection", rate=64_000),
    Case(scenario="throttle-without-helper", mechanism="policer", scope="connection", rate=64_000),
    Case(
        scenario="throttle-police-subscriber",
        platform="facebook",
        mechanism="policer",
        scope="subscriber",
        rate=32_000,
    ),
    Case(
        scenario="throttle-shape-sni",
        platform="instagram",
        mechanism="shaper",
        scope="connection",
        rate=16_000,
    ),
    Case(scenario="throttle-shape-without-helper", mechanism="shaper", scope="connection", rate=64_000),
    Case(scenario="ru-2024-youtube", mechanism="policer", scope="connection", rate=16_000),
    Case(scenario="kz-2018-evening", platform="facebook", mechanism="shaper", rate=16_000),
    Case(scenario="throttle-late", mechanism="delayed", scope="connection", rate=16_000),
    Case(scenario="throttle-after-seconds", mechanism="delayed", rate=16_000),
    Case(scenario="throttle-delay", platform="instagram", mechanism="delayed"),
    Case(scenario="throttle-loss-and-delay", mechanism="loss"),
    Case(scenario="throttle-freeze", platform="twitter", mechanism="truncation"),
    Case(scenario="throttle-handshake", mechanism="handshake_delay"),
    Case(scenario="kz-2022-slow-handshakes", platform="twitter", mechanism="handshake_delay"),
    Case(scenario="ru-2022-crawl", platform="instagram"),
    Case(scenario="throttle-near-line", right=OPEN),
    Case(scenario="tls-reset-slow", right=OPEN),
    Case(scenario="intercept-slow", right=OPEN),
    Case(scenario="open", right=("not_throttled",)),
    Case(scenario="innocent-loss", right=NEVER),
    Case(scenario="innocent-mobile", right=NEVER),
    Case(scenario="innocent-congestion", right=NEVER),
    Case(scenario="innocent-cross-traffic", right=NEVER),
    Case(scenario="innocent-paced-origin", right=NEVER),
    Case(scenario="innocent-plan-policer", right=NEVER),
    Case(scenario="innocent-powerboost", right=NEVER),
    Case(scenario="innocent-slow-abroad", right=NEVER),
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
    "Wehe: slow",
    "speed test: slow",
)


def session(case: Case, scenario: Scenario, targets: Targets) -> Outcome:
    """One session. Raises LabError where the command broke down."""
    with running(scenario, targets) as lab:
        lines = throttle_lines(lab, [case.platform])
        pair = _first_pair(lab)
    line = next((line for line in lines if line.get("platform") == case.platform), None)
    if line is None:
        raise LabError(f"{case.scenario}: no line for {case.platform}")
    if pair is None:
        return Outcome(line=line)
    return Outcome(line=line, wehe=wehe(pair), speed_test=speed_test(pair))


def _first_pair(lab: Running) -> Pair | None:
    """The session's first pair whose both flows brought bytes: what other tools would have seen."""
    with Spool(StateFolder(lab.state).spool) as spool:
        rows = [each for each in spool.observations() if each.transfer and each.transfer.purpose == "pair"]
    by_pair: dict[str, list[Observation]] = {}
    for row in rows:
        if row.transfer and row.transfer.pair and row.transfer.bytes:
            by_pair.setdefault(row.transfer.pair, []).append(row)
    both = next(
        (pair for pair in by_pair.values() if {row.role for row in pair} == {"target", "control"}), None
    )
    if both is None:
        return None
    start: datetime = min(row.time for row in both)
    flows = {row.role: flow_of(row, start) for row in both}
    return Pair(arm="helper", target=flows["target"], control=flows["control"])


def table(runs: Mapping[Case, Sequence[Outcome]]) -> str:
    """One row a case, in Markdown."""
    rows = [_HEAD, ("---",) * len(_HEAD), *(_row(case, seen) for case, seen in runs.items() if seen)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _row(case: Case, seen: Sequence[Outcome]) -> tuple[str, ...]:
    lines = [each.line for each in seen]
    verdicts = [line["verdict"] for line in lines]
    right = sum(verdict in case.right for verdict in verdicts)
    left_open = 0 if "inconclusive" in case.right else verdicts.count("inconclusive")
    errors = [
        abs(line["effective_bytes_per_second"] / case.rate - 1)
        for line in lines
        if case.rate and line["effective_bytes_per_second"]
    ]
    return (
        f"{case.scenario} ({case.platform}: {' or '.join(case.right)})",
        str(len(lines)),
        str(right),
        str(len(lines) - right - left_open),
        str(left_open),
        _hits(case.mechanism, [line["mechanism"] for line in lines]),
        _hits(case.scope, [line["scope"] for line in lines]),
        f"{100 * median(errors):.1f}" if errors else "-",
        f"{median(line['bytes_received'] for line in lines) / 1e6:.1f}",
        f"{sum(each.wehe for each in seen)} of {len(seen)}",
        f"{sum(each.speed_test for each in seen)} of {len(seen)}",
    )


def _hits(wanted: str | None, got: Sequence[str | None]) -> str:
    return "-" if wanted is None else f"{sum(each == wanted for each in got)} of {len(got)}"
