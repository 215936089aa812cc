"""`efir correlate`: do slowness and failures keep the hours of a schedule?"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from efir.commands.schedule import outcome as schedule_outcome
from efir.commands.schedule import read as read_schedule
from efir.commands.schedule import report as report_schedule
from efir.exits import EfirError, Exit
from efir.i18n import _
from efir.options import Shared, shared_options

if TYPE_CHECKING:
    from analysis.correlate.types import Association, Outcome, Votes
    from analysis.preregistration import Plan
    from analysis.schedule.model import Schedule

_OUTCOMES = ("goodput", "failure")


@click.command()
@click.option("--data", help="Folder made by `efir import`.")
@click.option("--schedule", "file", required=True, type=click.Path(path_type=Path), help="YAML or iCalendar.")
@click.option("--outcome", "outcomes", multiple=True, type=click.Choice(_OUTCOMES), help="Default: both.")
@click.option("--platform", "platforms", multiple=True, help="Only these platforms.")
@click.option("--kind", "kinds", multiple=True, help="Only events of these kinds.")
@click.option("--by-group", is_flag=True, help="Pool the networks of one owner.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Where the random shifts begin."
)
@click.option(
    "--shifts",
    type=click.IntRange(min=100),
    default=3000,
    show_default=True,
    help="Random shifts of the schedule.",
)
@click.option(
    "--preregister",
    type=click.Path(path_type=Path),
    help="Write the hypotheses here before the data are looked at; once the file exists, keep to it.",
)
@shared_options
def command(
    shared: Shared,
    data: str | None,
    file: Path,
    outcomes: tuple[str, ...],
    platforms: tuple[str, ...],
    kinds: tuple[str, ...],
    by_group: bool,
    seed: int,
    shifts: int,
    preregister: Path | None,
) -> Exit:
    """Test whether platforms are slower, or fail more, in the hours of a schedule's events.

    Per platform and provider, against the same hours of other days; docs/association.md explains every answer.
    With --preregister and no --data, only the hypotheses are written.
    """
    if data is None and preregister is None:
        raise click.UsageError("Missing option '--data' (only --preregister can go without).")
    # Many small systems of equations: threads would only wait for each other (measured: four times as long).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    schedule = read_schedule(file)
    if not shared.out.as_json:
        report_schedule(shared, schedule, file)
    if not schedule.events:
        raise EfirError(_("{file}: no event with clock hours to compare with").format(file=file))
    plan = _plan(schedule, outcomes or _OUTCOMES, platforms, kinds, by_group, seed, shifts)
    registered = _registered(shared, plan, preregister) if preregister else None
    if data is None:
        return schedule_outcome(schedule)
    lines = [
        line
        for outcome in plan.outcomes
        for line in _associations(cast("Outcome", outcome), data, schedule, plan, registered)
    ]
    _show(shared, lines, plan)
    return schedule_outcome(schedule)


def _plan(
    schedule: "Schedule",
    outcomes: tuple[str, ...],
    platforms: tuple[str, ...],
    kinds: tuple[str, ...],
    by_group: bool,
    seed: int,
    shifts: int,
) -> "Plan":
    from importlib.metadata import version

    from analysis.preregistration import Plan, method

    return Plan(
        schedule_sha256=schedule.sha256,
        outcomes=outcomes,
        platforms=platforms,
        kinds=kinds,
        by_group=by_group,
        seed=seed,
        shifts=shifts,
        method=method(),
        efir=version("efir"),
    )


def _registered(shared: Shared, plan: "Plan", file: Path) -> str:
    """The hash of the registered plan: written now, or read back and compared."""
    from analysis.preregistration import PreregistrationError, differences, read, write

    try:
        if not file.exists():
            registered = write(plan, datetime.now(UTC), file)
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


def _associations(
    outcome: "Outcome", data: str, schedule: "Schedule", plan: "Plan", registered: str | None
) -> list["Association"]:
    from analysis.as_groups import pool
    from analysis.correlate.core import Options, correlate

    cells = _votes(outcome, data, plan)
    if plan.by_group:
        cells = pool(cells)
    options = Options(schedule.timezone, plan.seed, plan.shifts, registered)
    return correlate(cells, lambda platform: schedule.hours(platform, plan.kinds), options)


def _votes(outcome: "Outcome", folder: str, plan: "Plan") -> list["Votes"]:
    from analysis.data import DataError, open_data
    from analysis.votes import load_votes

    try:
        data = open_data(folder)
    except DataError as error:
        raise EfirError(str(error)) from None
    try:
        return load_votes(data, outcome, plan.platforms)
    finally:
        data.close()


def _show(shared: Shared, lines: list["Association"], plan: "Plan") -> None:
    for line in lines:
        shared.out.line(line)
        if not shared.out.as_json:
            shared.out.text(_row(line) + (f"\n    {line.reason}" if line.reason else ""))
    for outcome in plan.outcomes:
        tested = sum(line.q_value is not None for line in lines if line.outcome == outcome)
        shared.out.text(
            _(
                "{outcome}: {tested} of {cells} cells could be tested (corrected for {tested}); seed {seed}"
            ).format(
                outcome=outcome,
                tested=tested,
                cells=sum(line.outcome == outcome for line in lines),
                seed=plan.seed,
            )
        )
    _show_owners(shared, lines)


def _show_owners(shared: Shared, lines: list["Association"]) -> None:
    """Networks of one owner are one witness."""
    from measurements.owners import owners

    found = [line for line in lines if line.verdict == "associated"]
    if found:
        names = {line.group or owners().get(line.asn or 0) or f"AS{line.asn}" for line in found}
        shared.out.text(_("associated cells stand for {count} independent owners").format(count=len(names)))


def _cell_name(line: "Association") -> str:
    return (
        f"{line.platform} {line.group or (f'AS{line.asn}' if line.asn else _('unknown AS'))} {line.outcome}"
    )


def _row(line: "Association") -> str:
    """One cell in words; what could not be computed is left out."""
    parts = [f"{_cell_name(line):<36}", f"{line.verdict:<16}"]
    if line.effect is not None:
        what = _("ratio") if line.outcome == "goodput" else _("difference")
        parts.append(f"{what} {line.effect:.2f}")
    if line.effect_low is not None and line.effect_high is not None:
        parts.append(f"({line.effect_low:.2f} - {line.effect_high:.2f})")
    for name, value in (("p", line.p_value), ("q", line.q_value)):
        if value is not None:
            parts.append(f"{name} {value:.4f}")
    if line.minimum_detectable_effect is not None:
        parts.append(_("visible from {size:.2f}").format(size=line.minimum_detectable_effect))
    counts = _("{events} events, {votes} votes, {vantages} vantages")
    parts.append(counts.format(events=line.events, votes=line.measurements, vantages=line.vantages))
    return "  ".join(parts)
