"""`efir schedule`: is a schedule file sound, and what does it say in UTC."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from efir.exits import EfirError, Exit
from efir.i18n import _
from efir.options import Shared, shared_options

if TYPE_CHECKING:
    from analysis.schedule.model import Event, Schedule
    from measurements.yaml_lines import Problem


@click.group()
def command() -> None:
    """Check a schedule of events, or list it in UTC."""


_FILE = click.argument("file", type=click.Path(path_type=Path))


@command.command("check")
@_FILE
@shared_options
def check(shared: Shared, file: Path) -> Exit:
    """Name every mistake with its line; the rest of the file stays usable."""
    schedule = read(file)
    report(shared, schedule, file)
    summary = {
        "type": "schedule",
        "file": str(file),
        "timezone": schedule.timezone,
        "entries": schedule.entries,
        "usable": len(schedule.events) + len(schedule.other),
        "events": len(schedule.events),
        "other": len(schedule.other),
        "unusable": len(schedule.unusable),
        "problems": len(schedule.problems),
        "notices": len(_notices(shared, schedule)),
        "sha256": schedule.sha256,
    }
    shared.out.line(summary)
    shared.out.text(
        _("{entries} entries: {usable} usable, {unusable} without clock hours; {problems} mistakes").format(
            **summary
        )
    )
    return outcome(schedule)


@command.command("list")
@_FILE
@shared_options
def list_(shared: Shared, file: Path) -> Exit:
    """Every usable entry, in UTC and in time order."""
    schedule = read(file)
    for role, entries in (("event", schedule.events), ("other", schedule.other)):
        for event in entries:
            shared.out.line(_line(role, event))
            if not shared.out.as_json:
                shared.out.text(_row(role, event))
    return outcome(schedule)


def read(file: Path) -> "Schedule":
    """The schedule of a file, or an error for people."""
    from analysis.schedule.load import ScheduleError, load_schedule
    from analysis.zones import ZoneError

    try:
        return load_schedule(file)
    except (ScheduleError, ZoneError) as error:
        raise EfirError(str(error)) from None


def report(shared: Shared, schedule: "Schedule", file: Path) -> None:
    """Print what is wrong or remarkable, one line each."""
    for severity, problems in (
        ("problem", schedule.problems),
        ("unusable", schedule.unusable),
        ("notice", _notices(shared, schedule)),
    ):
        for problem in problems:
            shared.out.line(
                {
                    "type": "schedule_problem",
                    "severity": severity,
                    "line": problem.line,
                    "place": problem.place,
                    "text": problem.text,
                }
            )
            shared.out.text(problem.show(str(file)))


def _notices(shared: Shared, schedule: "Schedule") -> "list[Problem]":
    from analysis.schedule.load import misspelt
    from measurements.targets_file import load_targets

    return [*schedule.notices, *misspelt(schedule, load_targets(shared.targets).platforms)]


def outcome(schedule: "Schedule") -> Exit:
    """Partial if something was left out by mistake; configuration if nothing is left."""
    if not schedule.problems:
        return Exit.OK
    return Exit.PARTIAL if schedule.events or schedule.other else Exit.CONFIGURATION


def _line(role: str, event: "Event") -> dict[str, object]:
    from analysis.schedule.printed import iso

    return {
        "type": "schedule_event",
        "role": role,
        "id": event.id,
        "kind": event.kind,
        "start": iso(event.start),
        "end": iso(event.end),
        "platforms": list(event.platforms) or None,
        "announced": None if event.announced is None else iso(event.announced),
        "status": event.status,
        "source": event.source,
    }


def _row(role: str, event: "Event") -> str:
    from analysis.schedule.printed import iso

    platforms = ", ".join(event.platforms) or _("all platforms")
    return f"{iso(event.start)} - {iso(event.end)}  {role}  {event.kind}  {event.status}  {platforms}  {event.id}"
