"""`efir throttle`: one throttling session now."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from efir.asking import longer_pairs
from efir.consenting import ensure_consent
from efir.exits import Exit
from efir.measuring import known_platforms, measured_targets
from efir.options import Shared, shared_options
from efir.show.throttle import SessionProgress, show_throttling
from efir.stopping import stop_on_signals
from efir.throttling import Throttled, measure_throttling
from measurements.state import StateFolder
from measurements.store import Spool
from vantage.budget import is_metered
from vantage.line import Stated, read_stated

if TYPE_CHECKING:
    from probes.sessions.plan import Plan


@click.command()
@click.argument("platforms", metavar="[PLATFORM]...", nargs=-1)
@click.option(
    "--max-pairs", type=click.IntRange(1, 100), help="Decision pairs of each comparison; default: 18."
)
@click.option(
    "--pair-interval",
    type=click.FloatRange(0, 3600),
    help="Mean seconds between pairs; default: 60. With 0 target and control share no address in the session.",
)
@click.option("--flow-seconds", type=click.FloatRange(0.2, 60), help="Longest time of one flow; default: 10.")
@click.option(
    "--flow-bytes",
    type=click.IntRange(16_000, 8_000_000),
    help="Most bytes of one flow; default: 512000, metered: 256000.",
)
@click.option(
    "--metered",
    type=click.Choice(["yes", "no", "auto"]),
    default="auto",
    show_default=True,
    help="Whether data costs money here. auto: as once said, else yes if a person agreed.",
)
@shared_options
def command(
    shared: Shared,
    platforms: tuple[str, ...],
    max_pairs: int | None,
    pair_interval: float | None,
    flow_seconds: float | None,
    flow_bytes: int | None,
    metered: str,
) -> Exit:
    """Is a platform slowed down here? Compares its downloads with controls, pair by pair, until that is decided.

    Takes 10 to 60 minutes. On a metered line a slowed platform costs up to 9 MB, one that is not up to 25 MB. All
    platforms are measured when none is named.
    """
    from probes.sessions.plan import plan_for

    consent = ensure_consent(shared)
    targets = measured_targets(shared)
    names = known_platforms(targets, platforms) or list(targets.platforms)
    folder = StateFolder(shared.state)
    stated = read_stated(folder) or Stated()
    costs = is_metered(metered, stated, consent)
    plan = plan_for(costs)
    allowed = longer_pairs(shared, plan.budget) if costs else None
    if allowed is not None:
        plan = replace(plan, beyond_bytes=None if allowed else 0)
    plan = _changed(plan, max_pairs, pair_interval, flow_seconds, flow_bytes)
    with Spool(folder.spool) as spool, SessionProgress(shared.out, plan) as progress:
        work = measure_throttling(
            shared, targets, names, plan, spool, consent.helper, progress.show, stated.plan
        )
        found = asyncio.run(_stoppable(work))
    for line in found.lines:
        shared.out.line(line)
    show_throttling(shared.out, found.lines, found.results, kept=folder.spool.exists())
    return found.exit


async def _stoppable(work: Awaitable[Throttled]) -> Throttled:
    stop_on_signals()
    return await work


def _changed(
    plan: "Plan",
    max_pairs: int | None,
    interval: float | None,
    flow_seconds: float | None,
    flow_bytes: int | None,
) -> "Plan":
    """The plan with what was asked for; the long pair keeps its proportion to the others, but 2 MB are its least."""
    from probes.sessions.plan import LEAST_LONG

    if max_pairs is not None:
        plan = replace(plan, max_pairs=max_pairs)
    if interval is not None:
        plan = replace(plan, interval=interval)
    if flow_seconds is not None:
        plan = replace(plan, flow_seconds=flow_seconds, long_seconds=2 * flow_seconds)
    if flow_bytes is not None:
        long_bytes = min(plan.long_bytes, max(8 * flow_bytes, LEAST_LONG))
        if flow_bytes > plan.flow_bytes:  # who asks for longer flows pays for them
            plan = replace(plan, pairs_bytes=None, clear_bytes=None)
        plan = replace(plan, flow_bytes=flow_bytes, long_bytes=long_bytes)
    return plan
