"""`efir doctor`: is this device fit to measure, and if not, what to mend."""

import asyncio
from datetime import UTC, datetime

import click
import msgspec

from efir.asking import about_the_line
from efir.doctor_text import sentence, titles
from efir.exits import Exit
from efir.options import Shared, shared_options
from efir.targets_in_use import targets_in_use
from measurements.state import StateFolder
from measurements.targets import Targets
from vantage.consent import read_consent
from vantage.doctor import Level, Online, examine
from vantage.facts import local_facts

# The sign says it all; the colour only repeats it.
_SIGNS: dict[Level, tuple[str, str]] = {
    "ok": ("+", "green"),
    "note": ("-", "default"),
    "warning": ("!", "yellow"),
    "problem": ("x", "red"),
    "unknown": ("?", "default"),
}


@click.command()
@click.option(
    "--plan",
    type=click.Choice(["plain", "bundled", "unknown"]),
    help="Your plan; bundled: some platforms are free, faster or slower by contract.",
)
@click.option("--tethered", type=click.Choice(["yes", "no"]), help="Whether a phone's hotspot is in between.")
@click.option("--access", type=click.Choice(["fixed", "mobile", "other"]), help="Kind of line.")
@shared_options
def command(shared: Shared, plan: str | None, tethered: str | None, access: str | None) -> Exit:
    """Check whether this device is fit to measure, and say how to mend what is not.

    The controls of the targets file are contacted only if you have agreed to measure. On a terminal it asks once about
    your plan and line, unless the options say it.
    """
    about_the_line(shared, plan, tethered, access)
    targets = targets_in_use(shared)
    consent = read_consent(StateFolder(shared.state)) is not None
    online = asyncio.run(_ask_controls(shared, targets)) if consent else None
    facts = local_facts(shared.state, consent, datetime.now(UTC), targets.updated, online)
    results = examine(facts)
    for result in results:
        shared.out.line(
            {
                "type": "check",
                "check": result.check,
                "level": result.level,
                "code": result.code,
                **result.values,
            }
            | {"text": sentence(result)}
        )
    _show(shared, [(titles()[each.check], each.level, sentence(each)) for each in results])
    if any(result.check == "network" and result.level == "problem" for result in results):
        return Exit.OFFLINE
    return Exit.CONFIGURATION if any(result.level == "problem" for result in results) else Exit.OK


async def _ask_controls(shared: Shared, targets: Targets) -> Online:
    """A round without platforms: the controls alone say how the line is."""
    from efir.measuring import make_context
    from measurements.rules.line import judge_line
    from probes.round import run_round
    from vantage.online import online_facts

    context = make_context(shared)
    result = await run_round(msgspec.structs.replace(targets, platforms={}), context)
    line = judge_line(result.observations, targets.controls)
    return online_facts(line, result.observations)


def _show(shared: Shared, rows: list[tuple[str, Level, str]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1))
    for title, level, text in rows:
        sign, colour = _SIGNS[level]
        table.add_row(Text(sign, style=colour), Text(title), Text(text))
    shared.out.console.print(table)
