"""From shared options to throttling sessions, and from their results to stored and printed lines."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import structs

from efir.exits import Exit
from efir.measuring import Keeper, check_line, make_context, make_keeper
from efir.options import Shared
from measurements.records import Observation, ThrottleLine
from measurements.rules.line import Line
from measurements.store import Spool
from measurements.targets import Targets
from measurements.throttle.earlier import HOUR, Earlier, broken_off, earlier_of
from measurements.throttle.evidence import Plan as TariffPlan
from measurements.throttle.history import KEPT, baselines_of, noise_of
from measurements.throttle.line import throttle_line
from measurements.throttle.reasons import NOT_HELD
from measurements.throttle.scope import scope
from measurements.throttle.series import with_series
from measurements.throttle.signature import signature
from vantage.network import network_mark

if TYPE_CHECKING:
    from probes.base import Context
    from probes.sessions.plan import Plan
    from probes.sessions.runner import PlatformResult, Progress
    from probes.sessions.state import Known


@dataclass(frozen=True)
class Throttled:
    """What a call of `efir throttle` found; `results` is empty where the line was not fit for it."""

    line: Line
    lines: list[ThrottleLine]
    results: list["PlatformResult"]
    cancelled: bool = False

    @property
    def exit(self) -> Exit:
        if self.cancelled:
            return Exit.INTERRUPTED
        return Exit.OK if self.line.online else Exit.OFFLINE


async def measure_throttling(
    shared: Shared,
    targets: Targets,
    platforms: Sequence[str],
    plan: "Plan",
    spool: Spool,
    with_helper: bool,
    progress: "Callable[[Progress], None]",
    tariff: TariffPlan,
) -> Throttled:
    """Look whether the line is fit, hold the sessions, keep everything and conclude."""
    from probes.sessions.runner import Sessions
    from vantage.budget import spent_today

    context = make_context(shared)
    keeper = make_keeper(spool, targets)
    checked, line = await check_line(targets, context, keeper)
    unfit = "interrupted" if checked.cancelled else _unfit(line, targets)
    if unfit:
        results: list[PlatformResult] = []
        lines = [_not_held(name, unfit, checked.bytes_received, checked.seconds) for name in platforms]
    else:
        now = context.clock.utc()
        rows = [each for each in spool.observations(since=now - KEPT) if each.probe == "transfer"]
        sessions = Sessions(
            targets=targets,
            context=context,
            plan=plan,
            keep=keeper.keep,
            network=network_mark,
            with_helper=with_helper,
            known=_known(context, spool, rows, platforms, plan, tariff),
            spent=spent_today(spool, now),
            progress=progress,
        )
        results = await sessions.run(platforms)
        lines = [line_of(result, checked.bytes_received // len(results)) for result in results]
    await asyncio.to_thread(_store, keeper, context, lines)
    task = asyncio.current_task()
    return Throttled(line, lines, results, cancelled=bool(task and task.cancelling()))


def _unfit(line: Line, targets: Targets) -> str | None:
    """Why no session can be held on this line; without controls nobody knows whether it is offline."""
    unknown = line.situation == "offline" and not targets.controls
    return line.situation if line.situation in NOT_HELD and not unknown else None


def line_of(result: "PlatformResult", check_bytes: int) -> ThrottleLine:
    """The platform's line of the NDJSON contract; `check_bytes` is its share of what the check of the line cost."""
    family = result.decision.family
    evidence = result.evidence[result.decision.families.index(family)]
    found = signature(evidence, family)
    line = throttle_line(
        result.decision,
        found,
        scope(family, evidence.together, evidence.extra, found.mechanism),
        result.bytes_received + check_bytes,
        round(result.seconds, 3),
    )
    line = with_series(line, result.series)
    open_end = result.interrupted and line.verdict == "inconclusive"
    return structs.replace(
        line, reason=_joined("interrupted" if open_end else None, line.reason, *result.notes)
    )


def _joined(*words: str | None) -> str | None:
    return ", ".join(dict.fromkeys(word for word in words if word)) or None


def _not_held(platform: str, reason: str, received: int, seconds: float) -> ThrottleLine:
    return ThrottleLine(
        platform=platform,
        verdict="inconclusive",
        reason=reason,
        bytes_received=received,
        duration_seconds=round(seconds, 3),
    )


def _known(
    context: "Context",
    spool: Spool,
    rows: Sequence[Observation],
    platforms: Sequence[str],
    plan: "Plan",
    tariff: TariffPlan,
) -> "dict[str, Known]":
    from probes.sessions.state import Known

    own = [row for row in rows if row.vantage == context.vantage.pseudonym]
    noise, now = noise_of(own), context.clock.utc()
    recent = [row for row in rows if now - row.time <= HOUR]
    return {
        name: Known(
            noise=noise,
            baselines=baselines_of(own, name, now),
            tariff=tariff,
            earlier=_earlier(context, spool, recent, name, plan, tariff),
        )
        for name in platforms
    }


def _earlier(
    context: "Context",
    spool: Spool,
    recent: Sequence[Observation],
    platform: str,
    plan: "Plan",
    tariff: TariffPlan,
) -> dict[str, Earlier]:
    """Pairs of a session that was broken off, by host family."""

    def reasons(run: str) -> list[str | None]:
        return [line.reason for line in spool.throttles(run_id=run) if line.platform == platform]

    left = broken_off(recent, platform, reasons)
    return {
        family: earlier_of(
            left,
            family,
            vantage=context.vantage.pseudonym,
            tariff=tariff,
            network=network_mark(),
            now=context.clock.utc(),
            pair_seconds=plan.pair_seconds,
        )
        for family in {row.endpoint for row in left}
    }


def _store(keeper: Keeper, context: "Context", lines: Sequence[ThrottleLine]) -> None:
    for each in lines:
        keeper.spool.add_throttle(each, context.new_id(), context.run_id, context.clock.utc())
    keeper.settle()
