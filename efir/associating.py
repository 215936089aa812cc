"""What `efir correlate` and `efir report` share: the plan of an analysis, its registration, votes and answers."""

import os
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from efir.exits import EfirError
from efir.i18n import _
from efir.options import Shared

if TYPE_CHECKING:
    from analysis.correlate.types import Association, Outcome, Votes
    from analysis.data import Data
    from analysis.preregistration import Plan
    from analysis.schedule.model import Schedule

OUTCOMES = ("goodput", "failure")

_OPTIONS = [
    click.option("--outcome", "outcomes", multiple=True, type=click.Choice(OUTCOMES), help="Default: both."),
    click.option("--platform", "platforms", multiple=True, help="Only these platforms."),
    click.option("--kind", "kinds", multiple=True, help="Only events of these kinds."),
    click.option("--by-group", is_flag=True, help="Pool the networks of one owner."),
    click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=1,
        show_default=True,
        help="Where the random shifts begin.",
    ),
    click.option(
        "--shifts",
        type=click.IntRange(min=100),
        default=3000,
        show_default=True,
        help="Random shifts of the schedule.",
    ),
    click.option(
        "--preregister",
        type=click.Path(path_type=Path),
        help="Write the hypotheses here before the data are looked at; once the file exists, keep to it.",
    ),
]


def plan_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that make up a plan."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def one_thread() -> None:
    """Many small systems of equations: threads would only wait for each other (measured: four times as long)."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def make_plan(
    schedule: "Schedule",
    outcomes: tuple[str, ...],
    platforms: tuple[str, ...],
    kinds: tuple[str, ...],
    by_group: bool,
    seed: int,
    shifts: int,
) -> "Plan":
    """Everything that is decided before data are seen."""
    from analysis.preregistration import Plan, method

    return Plan(
        schedule_sha256=schedule.sha256,
        outcomes=outcomes or OUTCOMES,
        platforms=platforms,
        kinds=kinds,
        by_group=by_group,
        seed=seed,
        shifts=shifts,
        method=method(),
        efir=version("efir"),
    )


def registered_plan(shared: Shared, plan: "Plan", file: Path, now: datetime) -> str:
    """The hash of the registered plan: written now, or read back and compared."""
    from analysis.preregistration import PreregistrationError, differences, read, write

    try:
        if not file.exists():
            registered = write(plan, now, file)
            shared.out.text(_("hypotheses written to {file}").format(file=file))
        else:
            registered = read(file)
    except (PreregistrationError, OSError) as error:
        raise EfirError(str(error)) from None
    changed = differences(registered.plan, plan)
    if changed:
        raise EfirError(
            _(
                "{file} registers another analysis: {changes}. Run it as registered, or without --preregister."
            ).format(file=file, changes="; ".join(changed))
        )
    shared.out.text(
        _("preregistered {time}, hash {hash}").format(time=registered.written, hash=registered.sha256)
    )
    return registered.sha256


def opened(folder: str) -> "Data":
    """The data, or an error for people."""
    from analysis.data import open_data
    from analysis.errors import DataError

    try:
        return open_data(folder)
    except DataError as error:
        raise EfirError(str(error)) from None


def votes_of(data: "Data", outcome: str, plan: "Plan") -> "list[Votes]":
    """The cells that a plan asks for."""
    from analysis.as_groups import pool
    from analysis.votes.load import load_votes

    cells = load_votes(data, cast("Outcome", outcome), plan.platforms)
    return pool(cells) if plan.by_group else cells


def associations(
    cells: "list[Votes]", schedule: "Schedule", plan: "Plan", registered: str | None
) -> "list[Association]":
    """One answer per cell of one outcome."""
    from analysis.correlate.core import Options, correlate

    options = Options(schedule.timezone, plan.seed, plan.shifts, registered)
    return correlate(cells, lambda platform: schedule.hours(platform, plan.kinds), options)
