"""`efir correlate`: do slowness and failures keep the hours of a schedule?"""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from efir.associating import (
    associations,
    make_plan,
    one_thread,
    opened,
    plan_options,
    registered_plan,
    votes_of,
)
from efir.commands.schedule import outcome as schedule_outcome
from efir.commands.schedule import read as read_schedule
from efir.commands.schedule import report as report_schedule
from efir.exits import EfirError, Exit
from efir.i18n import _
from efir.options import DATA, Shared, shared_options

if TYPE_CHECKING:
    from analysis.correlate.types import Association
    from analysis.preregistration import Plan


@click.command()
@click.option("--data", help=DATA)
@click.option("--schedule", "file", required=True, type=click.Path(path_type=Path), help="YAML or iCalendar.")
@plan_options
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
    one_thread()
    schedule = read_schedule(file)
    if not shared.out.as_json:
        report_schedule(shared, schedule, file)
    if not schedule.events:
        raise EfirError(_("{file}: no event with clock hours to compare with").format(file=file))
    plan = make_plan(schedule, outcomes, platforms, kinds, by_group, seed, shifts)
    registered = registered_plan(shared, plan, preregister, datetime.now(UTC)) if preregister else None
    if data is None:
        return schedule_outcome(schedule)
    lines: list[Association] = []
    with closing(opened(data)) as store:
        for outcome in plan.outcomes:
            lines += associations(votes_of(store, outcome, plan), schedule, plan, registered)
    _show(shared, lines, plan)
    return schedule_outcome(schedule)


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
