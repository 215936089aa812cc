"""`efir run`: measure the platforms, once or on the blind cadence."""

import asyncio
import random
import signal
import sys
from datetime import datetime

import click

from efir.consenting import ensure_consent
from efir.exits import Exit
from efir.i18n import _
from efir.measuring import Measured, known_platforms, measure_once
from efir.options import Shared, shared_options
from efir.show.progress import RoundProgress
from efir.show.verdicts import show_round
from measurements.state import StateFolder
from measurements.store import Spool
from measurements.targets import Targets
from measurements.targets_file import load_targets
from vantage.cadence import next_gap


@click.command()
@click.option("--once", is_flag=True, help="One round of reachability, then stop.")
@click.option(
    "--platform", "platforms", multiple=True, help="Only this platform; may be given several times."
)
@click.option(
    "--thorough", is_flag=True, help="Ask the trusted resolvers for every name, not only after a failure."
)
@shared_options
def command(shared: Shared, once: bool, platforms: tuple[str, ...], thorough: bool) -> Exit:
    """Measure the platforms and say what was found.

    Without --once it goes on, by day about once an hour, in the evening about every 15 minutes, at times that
    nobody can know in advance. Stop it with Ctrl-C.
    """
    ensure_consent(shared)
    targets = load_targets(shared.targets)
    chosen = known_platforms(targets, platforms)
    with Spool(StateFolder(shared.state).spool) as spool:
        return asyncio.run(_rounds(shared, targets, chosen, spool, once, thorough))


async def _rounds(
    shared: Shared, targets: Targets, chosen: list[str] | None, spool: Spool, once: bool, thorough: bool
) -> Exit:
    _stop_on_terminate()
    while True:
        with RoundProgress(shared.out) as progress:
            measured = await measure_once(shared, targets, chosen, spool, progress.step, thorough)
        _report(shared, measured)
        if once or measured.summary.cancelled:
            return measured.exit
        gap = next_gap(datetime.now().astimezone(), random.SystemRandom().expovariate)
        shared.out.text(_("Next round in about {minutes} minutes.").format(minutes=max(1, round(gap / 60))))
        try:
            await asyncio.sleep(gap)
        except asyncio.CancelledError:
            return Exit.INTERRUPTED


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
