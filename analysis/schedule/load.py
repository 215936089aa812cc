"""Reading a schedule file of either format, and comparing its events with each other."""

import hashlib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from analysis.schedule.ical_file import parse_ical
from analysis.schedule.model import Event, Schedule
from analysis.schedule.yaml_file import Contents, parse_yaml
from analysis.zones import require_current
from measurements.yaml_lines import Problem

# Day types and slots need a clock even where every time carries its own offset.
_NO_ZONE = "UTC"


class ScheduleError(Exception):
    """The file cannot be read at all; the text says why and what to do."""


def load_schedule(path: Path) -> Schedule:
    """Read a schedule; mistakes inside it are in `problems`, never raised. Raises ScheduleError, ZoneError."""
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise ScheduleError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ScheduleError(f"{path}: is not UTF-8 text") from None
    return parse_schedule(text, hashlib.sha256(raw).hexdigest())


def parse_schedule(text: str, sha256: str = "") -> Schedule:
    """Read the text of a YAML or iCalendar schedule. Raises ZoneError if the zone data are too old."""
    require_current()
    contents = parse_ical(text) if text.lstrip().startswith("BEGIN:VCALENDAR") else parse_yaml(text)
    events = _once(contents.events, contents)
    other = _once(contents.other, contents)
    notices = _overlaps(events)
    sources = sorted({event.source for event in events + other if event.source})
    return Schedule(
        timezone=contents.timezone or _NO_ZONE,
        events=tuple(events),
        other=tuple(other),
        problems=tuple(sorted(contents.problems, key=_line)),
        unusable=tuple(contents.unusable),
        notices=tuple(sorted(notices, key=_line)),
        sha256=sha256,
        entries=contents.entries,
        sources=tuple(sources),
    )


def misspelt(schedule: Schedule, known: Iterable[str]) -> list[Problem]:
    """Notices of platforms that are none of `known` but nearly one: their events would be compared with nothing."""
    names = sorted(known)
    notices = []
    for event in (*schedule.events, *schedule.other):
        for name in event.platforms:
            meant = [] if name in names else get_close_matches(name, names, 1, cutoff=0.8)
            if meant:
                text = f"no platform is called {name!r}; did you mean {meant[0]!r}?"
                notices.append(Problem(event.line, event.id, text))
    return notices


def _line(problem: Problem) -> int:
    return problem.line or 0


def _once(events: list[Event], contents: Contents) -> list[Event]:
    """Events in time order without those whose id was taken before: one event cannot have two schedules."""
    first: dict[str, Event] = {}
    for event in events:
        known = first.setdefault(event.id, event)
        if known is event:
            continue
        same = (known.start, known.end, known.platforms) == (event.start, event.end, event.platforms)
        what = "stands here twice" if same else "has two schedules"
        where = f" (first on line {known.line})" if known.line else ""
        text = f"the event {what}{where}; the first is kept"
        contents.problems.append(Problem(event.line, event.id, text))
    return sorted(first.values(), key=lambda event: (event.start, event.end, event.id))


def _overlaps(events: list[Event]) -> list[Problem]:
    """A notice for each event (they come in time order) that begins before another of its platforms has ended."""
    notices = []
    running: list[Event] = []
    for event in events:
        running = [other for other in running if other.end > event.start]
        other = next((other for other in running if _alike(other, event)), None)
        if other is not None:
            same = (event.start, event.end) == (other.start, other.end)
            what = "has the same hours as" if same else "overlaps"
            notices.append(Problem(event.line, event.id, f"{what} {other.id}; they count as one event"))
        running.append(event)
    return notices


def _alike(one: Event, other: Event) -> bool:
    return not one.platforms or not other.platforms or bool(set(one.platforms) & set(other.platforms))
