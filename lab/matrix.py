"""Every scenario against the tool: run, judge, count."""

import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any, Final

import msgspec

from lab.expect import Expect, Finding, Mark, judge, judge_throttle, not_judged
from lab.running import Running, accompany, running
from lab.scenario import Scenario
from lab.scenario_file import load
from lab.session import LabError
from lab.world.real import missing
from measurements.targets import Targets

# A round with every platform dropped takes half a minute, a session some minutes; what takes longer hangs.
_RUN_SECONDS: Final = 180.0
_THROTTLE_SECONDS: Final = 900.0

# `efir throttle` sped up for the lab, as DESIGN section 9 provides: no pauses, shorter flows, the same decision.
_THROTTLE: Final = (
    "--max-pairs",
    "14",
    "--pair-interval",
    "0",
    "--flow-seconds",
    "4",
    "--flow-bytes",
    "131072",
)

WORST_FIRST: Final[tuple[Mark, ...]] = ("error", "false alarm", "missed", "wrong", "right", "not judged")
# Done, and offline (DESIGN section 9); any other code means that the command broke down.
_EXPECTED_EXITS: Final = (0, 4)

_CLEAN: Final = frozenset({"right", "not judged"})


class Result(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="scenario"):
    """One scenario's outcome."""

    scenario: str
    title: str
    mark: Mark
    seconds: float
    findings: tuple[Finding, ...]
    acts: int = 0  # flows that the censor acted on
    error: str | None = None
    skipped: str | None = None  # why nothing was run


class Tally(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="matrix"):
    """All scenarios' outcomes, and how many single comparisons stand behind them."""

    scenarios: dict[str, int]  # mark -> scenarios
    findings: dict[str, int]  # mark -> comparisons
    seconds: float
    clean: bool


def run_scenario(scenario: Scenario, targets: Targets, throttle: bool) -> Result:
    """Run one scenario and judge what the tool says; `throttle` judges slowness too, which takes minutes."""
    start = monotonic()
    if scenario.world.real_servers and (lacking := missing()):
        return Result(
            scenario=scenario.name,
            title=scenario.title,
            mark="not judged",
            seconds=0.0,
            findings=(),
            skipped=f"not installed: {', '.join(lacking)}",
        )
    findings: list[Finding] = []
    acts, error = 0, None
    try:
        with running(scenario, targets) as lab:
            accompany(lab, scenario)
            findings = list(_judged(lab, scenario.expect, throttle))
            acts = len(lab.session.acts())
    except (LabError, msgspec.DecodeError, subprocess.TimeoutExpired) as failure:
        error = str(failure)
    return Result(
        scenario=scenario.name,
        title=scenario.title,
        mark="error" if error else worst(finding.mark for finding in findings),
        seconds=round(monotonic() - start, 1),
        findings=tuple(findings),
        acts=acts,
        error=error,
    )


def run_all(
    files: Mapping[str, Path],
    targets: Targets,
    *,
    jobs: int,
    seed: int | None = None,
    throttle: bool = False,
) -> Iterator[Result]:
    """Results as they come. `seed` replaces the scenarios' own.

    Raises ScenarioError before anything runs if a file is wrong.
    """
    scenarios = [load(file, targets) for file in files.values()]
    if seed is not None:
        scenarios = [replace(scenario, seed=seed) for scenario in scenarios]

    def one(scenario: Scenario) -> Result:
        return run_scenario(scenario, targets, throttle)

    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(one, scenario) for scenario in scenarios]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            for future in futures:
                future.cancel()


def tally(results: Iterable[Result], seconds: float) -> Tally:
    """Count."""
    results = list(results)
    scenarios = Counter[str](result.mark for result in results)
    findings = Counter[str](finding.mark for result in results for finding in result.findings)
    return Tally(
        scenarios=dict(scenarios),
        findings=dict(findings),
        seconds=round(seconds, 1),
        clean=scenarios.keys() <= _CLEAN,
    )


def worst(marks: Iterable[Mark]) -> Mark:
    """The mark of a scenario: what was not judged counts only where nothing was."""
    return min(marks, key=WORST_FIRST.index, default="not judged")


def _judged(lab: Running, expect: Expect, throttle: bool) -> Iterator[Finding]:
    if expect.platforms or expect.summary:
        yield from judge(expect, _lines(lab, _RUN_SECONDS, "run", "--once", "--json"))
    if expect.throttle and throttle:
        platforms = dict.fromkeys(key.partition("/")[0] for key in expect.throttle if key != "*")
        yield from judge_throttle(expect, throttle_lines(lab, platforms))
    elif expect.throttle:
        yield from not_judged(expect.throttle)


def throttle_lines(lab: Running, platforms: Iterable[str]) -> list[dict[str, Any]]:
    """The NDJSON lines of sped-up throttling sessions. Raises LabError when the command broke down."""
    return _lines(lab, _THROTTLE_SECONDS, "throttle", *platforms, *_THROTTLE, "--json")


def _lines(lab: Running, seconds: float, *command: str) -> list[dict[str, Any]]:
    """The NDJSON lines that an `efir` command printed. Raises LabError when it broke down."""
    done = lab.session.run(lab.efir(*command), capture=True, timeout=seconds, env=lab.environment)
    if done.returncode not in _EXPECTED_EXITS:
        raise LabError(f"efir {command[0]} ended with {done.returncode}: {done.stderr.strip()[-600:]}")
    return [msgspec.json.decode(line) for line in done.stdout.splitlines()]
