"""`efir run`: measure the platforms, once or on the blind cadence."""

import asyncio
import random
import signal
import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from efir.consenting import ensure_consent
from efir.exits import Exit
from efir.i18n import _
from efir.measuring import Measured, known_platforms, measure_once, measured_targets
from efir.options import Shared, shared_options
from efir.show.progress import RoundProgress
from efir.show.verdicts import show_round
from measurements.state import StateFolder
from measurements.store import IN_MEMORY, Spool
from measurements.targets import Targets
from measurements.throttle.thresholds import THRESHOLDS
from vantage.consent import Consent

if TYPE_CHECKING:
    from efir.cycle import Cycle
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
    help="Whether data costs money here: 50 MB a day, else 100 MB. auto: yes if you agreed on a terminal.",
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
            return asyncio.run(_once(shared, targets, chosen, spool, thorough))
        is_metered = consent.interactive if metered == "auto" else metered == "yes"
        cycle = _cycle(shared, targets, chosen, spool, consent, is_metered, start_within, thorough)
        return asyncio.run(_go_on(cycle))


async def _once(
    shared: Shared, targets: Targets, chosen: list[str] | None, spool: Spool, thorough: bool
) -> Exit:
    _stop_on_terminate()
    with RoundProgress(shared.out) as progress:
        measured = await measure_once(shared, targets, chosen, spool, progress.step, thorough)
    _report(shared, measured)
    return measured.exit


async def _go_on(cycle: "Cycle") -> Exit:
    _stop_on_terminate()
    return await cycle.run()


def _cycle(
    shared: Shared,
    targets: Targets,
    chosen: list[str] | None,
    spool: Spool,
    consent: Consent,
    metered: bool,
    start_within: float,
    thorough: bool,
) -> "Cycle":
    from efir.cycle import Cycle, Showing, Surroundings
    from vantage.cadence import Agenda, shape
    from vantage.conditions import pause
    from vantage.line import Stated, read_stated

    drawn = random.SystemRandom()
    around = Surroundings(lambda: datetime.now().astimezone(), asyncio.sleep, pause, drawn)
    return Cycle(
        shared=shared,
        targets=targets,
        platforms=chosen or list(targets.platforms),
        spool=spool,
        consent=consent,
        stated=read_stated(StateFolder(shared.state)) or Stated(),
        metered=metered,
        agenda=Agenda.starting(shape(metered), around.local_now(), start_within, drawn.uniform),
        around=around,
        show=Showing(
            lambda measured: _report(shared, measured),
            lambda found: _report_sessions(shared, found),
            lambda ratios: _report_sentinels(shared, ratios),
            shared.out.text,
        ),
        thorough=thorough,
    )


def _stop_on_terminate() -> None:
    """A service manager's stop is the same as Ctrl-C: write what is there, then end. Windows has no such signal."""
    if sys.platform != "win32":
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _report(shared: Shared, measured: Measured) -> None:
    for line in measured.verdicts:
        shared.out.line(line)
    shared.out.line(measured.summary)
    show_round(shared.out, measured.line, measured.verdicts, measured.summary)


def _report_sessions(shared: Shared, found: "Throttled") -> None:
    from efir.show.throttle import show_throttling

    for line in found.lines:
        shared.out.line(line)
    show_throttling(shared.out, found.lines, found.results)


def _report_sentinels(shared: Shared, ratios: dict[str, float | None]) -> None:
    for platform, ratio in ratios.items():
        shared.out.line({"type": "sentinel", "platform": platform, "ratio": ratio})
    known = {name: ratio for name, ratio in ratios.items() if ratio is not None}
    slow = [name for name, ratio in known.items() if ratio < THRESHOLDS.half]
    shared.out.text(
        _("Small pairs: {number}; looking slow: {names}.").format(
            number=len(known), names=", ".join(slow) or _("none")
        )
    )
