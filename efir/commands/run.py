"""`efir run`: measure the platforms, once or on the blind cadence."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from efir.consenting import ensure_consent
from efir.exits import Exit
from efir.i18n import _
from efir.measuring import Measured, known_platforms, measure_once, measured_targets
from efir.options import Shared, shared_options
from efir.show.progress import RoundProgress
from efir.show.verdicts import show_round
from efir.stopping import stop_on_signals
from measurements.database import IN_MEMORY
from measurements.state import StateFolder
from measurements.store import Spool
from measurements.targets import Targets
from vantage.consent import Consent

if TYPE_CHECKING:
    from efir.throttling import Throttled


@click.command()
@click.option("--once", is_flag=True, help="One round of reachability, then stop.")
@click.option(
    "--platform", "platforms", multiple=True, help="Only this platform; may be given several times."
)
@click.option(
    "--thorough", is_flag=True, help="Ask the trusted resolvers for every name, not only after a failure."
)
@click.option(
    "--metered",
    type=click.Choice(["yes", "no", "auto"]),
    default="auto",
    show_default=True,
    help="Whether data costs money here: 50 MB a day, else 100 MB. auto: as once said, else yes if a person agreed.",
)
@click.option(
    "--start-within",
    type=click.FloatRange(0, 86_400),
    default=0,
    metavar="SECONDS",
    help="Begin at a random time within so many seconds; services use it, so that no start tells of a reboot.",
)
@click.option("--keep-nothing", is_flag=True, help="Keep results in memory only; they end with the program.")
@shared_options
def command(
    shared: Shared,
    once: bool,
    platforms: tuple[str, ...],
    thorough: bool,
    metered: str,
    start_within: float,
    keep_nothing: bool,
) -> Exit:
    """Measure the platforms and say what was found.

    Without --once it goes on: rounds, and small paired downloads that start a throttling session where they look
    slow, on a plan that is the same every day. Stop it with Ctrl-C, or from elsewhere by taking the consent back.
    """
    consent = ensure_consent(shared)
    targets = measured_targets(shared)
    chosen = known_platforms(targets, platforms)
    with Spool(IN_MEMORY if keep_nothing else StateFolder(shared.state).spool) as spool:
        if once:
            work = _once(shared, targets, chosen, spool, thorough)
        else:
            work = _go_on(shared, targets, chosen, spool, consent, metered, start_within, thorough)
        done = asyncio.run(work)
        if keep_nothing:
            number = spool.counts()["waiting"]
            shared.out.text(_("{number} results were never sent and are gone now.").format(number=number))
        return done


async def _once(
    shared: Shared, targets: Targets, chosen: list[str] | None, spool: Spool, thorough: bool
) -> Exit:
    stop_on_signals()
    with RoundProgress(shared.out) as progress:
        measured = await measure_once(shared, targets, chosen, spool, progress.step, thorough)
    _report(shared, measured, spool.path)
    return measured.exit


async def _go_on(
    shared: Shared,
    targets: Targets,
    chosen: list[str] | None,
    spool: Spool,
    consent: Consent,
    metered: str,
    start_within: float,
    thorough: bool,
) -> Exit:
    from efir.cycle import Showing, make_cycle

    show = Showing(
        measured=lambda measured: _report(shared, measured, spool.path),
        throttled=lambda found: _report_sessions(shared, found, spool.path),
        sentinels=lambda ratios: _report_sentinels(shared, ratios),
        text=shared.out.text,
    )
    cycle = make_cycle(
        shared,
        targets,
        spool,
        consent,
        show,
        platforms=chosen,
        metered=metered,
        start_within=start_within,
        thorough=thorough,
    )
    stop_on_signals()
    return await cycle.run()


def _report(shared: Shared, measured: Measured, spool: Path) -> None:
    for line in measured.verdicts:
        shared.out.line(line)
    shared.out.line(measured.summary)
    show_round(shared.out, measured.line, measured.verdicts, measured.summary, kept=spool.exists())


def _report_sessions(shared: Shared, found: "Throttled", spool: Path) -> None:
    from efir.show.throttle import show_throttling

    for line in found.lines:
        shared.out.line(line)
    show_throttling(shared.out, found.lines, found.results, kept=spool.exists())


def _report_sentinels(shared: Shared, ratios: dict[str, float | None]) -> None:
    from efir.show.throttle import sentinels_text

    for platform, ratio in ratios.items():
        shared.out.line({"type": "sentinel", "platform": platform, "ratio": ratio})
    shared.out.text(sentinels_text(ratios))
