"""`efir report`: one HTML file with the question, the answer, and all that it rests on."""

from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from efir.i18n import _, language
from efir.options import DATA, Shared, shared_options

if TYPE_CHECKING:
    from analysis.data import Data
    from analysis.preregistration import Plan
    from analysis.report.model import Cell, Disclosure, Facts
    from analysis.report.page import Report
    from analysis.schedule.model import Schedule


@click.command()
@click.option("--data", "folder", required=True, help=DATA)
@click.option("--schedule", "file", type=click.Path(path_type=Path), help="YAML or iCalendar.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The HTML file.")
@click.option("--charts", type=click.Path(path_type=Path), help="Folder for PNG and CSV of each chart.")
@click.option("--private", is_flag=True, help="Show groups of few vantages too; not to be published.")
@click.option(
    "--published-data",
    is_flag=True,
    help="OONI's measurements in the data are public already: show their cells, however few measured.",
)
@plan_options
@shared_options
def command(
    shared: Shared,
    folder: str,
    file: Path | None,
    out: Path,
    charts: Path | None,
    private: bool,
    published_data: bool,
    preregister: Path | None,
    **plan: Any,
) -> Exit:
    """Write a report that opens without any network: docs/report.md says what stands in it.

    Without --schedule it shows timelines and changes of level. Cells of fewer than 5 vantages are hidden.
    """
    from analysis.schedule.model import Schedule

    one_thread()
    if file is None and preregister is not None:
        raise click.UsageError("--preregister needs --schedule.")
    schedule = _schedule(shared, file) if file else None
    decided = make_plan(schedule or Schedule("UTC"), **plan)
    now = datetime.now(UTC)
    registered = registered_plan(shared, decided, preregister, now) if preregister else None
    with closing(opened(folder)) as data:
        facts = _facts(data, folder, schedule, decided, registered, now, private, published_data)
    made = _written(facts, out, charts)
    _tell(shared, facts, made, out)
    return schedule_outcome(schedule) if schedule else Exit.OK


def _schedule(shared: Shared, file: Path) -> "Schedule":
    schedule = read_schedule(file)
    if not shared.out.as_json:
        report_schedule(shared, schedule, file)
    if not schedule.events:
        raise EfirError(_("{file}: no event with clock hours to compare with").format(file=file))
    return schedule


def _facts(
    data: "Data",
    folder: str,
    schedule: "Schedule | None",
    plan: "Plan",
    registered: str | None,
    now: datetime,
    private: bool,
    published_data: bool,
) -> "Facts":
    from analysis.report.bundle import bundle
    from analysis.report.model import Disclosure, Facts
    from analysis.report.quality import published_only, quality, recorded_flags

    show = Disclosure(private, published_only(data) if published_data else frozenset())
    cells: list[Cell] = []
    hidden = 0
    for outcome in plan.outcomes:
        shown, withheld = _cells(data, outcome, schedule, plan, registered, show)
        cells += shown
        hidden += withheld
    return Facts(
        cells=tuple(cells),
        hidden=hidden,
        quality=quality(data, recorded_flags(Path(folder)), int(now.timestamp())),
        zone=schedule.timezone if schedule else "UTC",
        bundle=bundle(data.fingerprint(), plan, bool(schedule), registered, private, published_data),
        made=now,
        version=version("efir"),
        private=private,
        published=bool(show.published),
        schedule=schedule,
        preregistration=registered,
        shifts=plan.shifts,
    )


def _cells(
    data: "Data",
    outcome: str,
    schedule: "Schedule | None",
    plan: "Plan",
    registered: str | None,
    show: "Disclosure",
) -> "tuple[list[Cell], int]":
    from analysis.report.model import cells_of, plain_cells

    votes = votes_of(data, outcome, plan)
    if schedule is None:
        return plain_cells(votes, show)
    lines = associations(votes, schedule, plan, registered)
    return cells_of(votes, lines, lambda name: schedule.hours(name, plan.kinds), schedule.timezone, show)


def _written(facts: "Facts", out: Path, charts: Path | None) -> "Report":
    from analysis.report.page import render
    from analysis.report.saving import save_charts, save_whole

    made = render(facts, language())
    try:
        save_whole(out, made.html.encode())
        if charts is not None:
            save_charts(charts, made.charts)
            save_whole(charts / "bundle.json", made.bundle.encode())
    except OSError as error:
        raise EfirError(
            _("{file}: cannot be written ({reason})").format(
                file=error.filename or out, reason=error.strerror
            )
        ) from None
    return made


def _tell(shared: Shared, facts: "Facts", made: "Report", out: Path) -> None:
    from analysis.report.model import PUBLIC_VANTAGES

    shared.out.line(
        {
            "type": "report",
            "file": str(out),
            "cells": len(facts.cells),
            "hidden": facts.hidden,
            "charts": len(made.charts),
            "private": facts.private,
        }
    )
    shared.out.text(
        _("{out}: {cells} cells, {charts} charts").format(
            out=out, cells=len(facts.cells), charts=len(made.charts)
        )
    )
    if facts.hidden:
        shared.out.text(
            _(
                "{hidden} cells of fewer than {k} vantages are hidden. A copy for yourself: --private; "
                "OONI's published measurements: --published-data."
            ).format(hidden=facts.hidden, k=PUBLIC_VANTAGES)
        )
