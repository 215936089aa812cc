"""Schedules in iCalendar (RFC 5545), read with the `icalendar` library.

Each VEVENT with clock hours is an event: UID is its id, STATUS:CANCELLED its status, the first of CATEGORIES its
kind; the category `other` marks another cause. X-EFIR-PLATFORMS and X-EFIR-ANNOUNCED say what the standard has no
word for. Recurring events are written out. Summaries and descriptions are not read: they may name people.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from analysis.schedule.entry import Context, NoHours, read_entry
from analysis.schedule.yaml_file import Contents
from analysis.zones import ZoneError, zone
from measurements.yaml_lines import Document, Problem

_STATUS: Final = {"CANCELLED": "cancelled", "CONFIRMED": "unknown", "TENTATIVE": "unknown"}
_OTHER: Final = "other"
# A rule without an end would never stop; a daily event of ten years is below this.
_OCCURRENCES: Final = 5000


def parse_ical(text: str) -> Contents:
    """Read an iCalendar schedule."""
    from icalendar import Calendar

    contents = Contents()
    try:
        calendars = Calendar.from_ical(text, multiple=True)
    except (ValueError, KeyError, IndexError) as error:
        contents.problems.append(Problem(None, "", f"not valid iCalendar: {error}"))
        return contents
    for each in calendars:
        info = _zone(_text(each.get("X-WR-TIMEZONE")), contents)
        components = each.walk("VEVENT")
        moved = _moved(components)
        _inherit(components)
        for number, component in enumerate(components, start=1):
            contents.timezone = contents.timezone or _named_zone(component)
            _component(component, Context(info, "event", number), moved, contents)
    if not contents.entries:
        contents.problems.append(Problem(None, "", "holds no complete event (VEVENT); is the file cut off?"))
    return contents


def _zone(name: str | None, contents: Contents) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        info = zone(name)
    except ZoneError as error:
        contents.problems.append(Problem(None, "X-WR-TIMEZONE", str(error)))
        return None
    contents.timezone = contents.timezone or name
    return info


def _named_zone(component: Any) -> str | None:
    """The zone an event stands in: without one for the whole file, it decides what a day and an evening are."""
    start = component.get("DTSTART")
    name = start.params.get("TZID") if start is not None and hasattr(start, "params") else None
    try:
        return zone(str(name)).key if name else None
    except ZoneError:
        return None  # named when the event itself is read, unless the file defines it


def _moved(components: list[Any]) -> dict[str | None, list[datetime]]:
    """UID -> occurrences that events of their own (RECURRENCE-ID) stand for; times as the file has them."""
    moved: dict[str | None, list[datetime]] = {}
    for component in components:
        with suppress(ValueError):  # named when the event itself is read
            if (instead := _one(component, "RECURRENCE-ID")) is not None:
                moved.setdefault(_text(component.get("UID")), []).append(instead.dt)
    return moved


def _inherit(components: list[Any]) -> None:
    """A moved occurrence is about what its series is about: calendar programs leave names that they do not know out."""
    series = {_text(each.get("UID")): each for each in components if "RECURRENCE-ID" not in each}
    for component in components:
        whole = series.get(_text(component.get("UID")), component)
        for name in ("X-EFIR-PLATFORMS", "X-EFIR-ANNOUNCED"):
            if name in whole and name not in component:
                component[name] = whole[name]


def _one(component: Any, name: str) -> Any:
    """A property that an event has once or not at all. Raises ValueError."""
    value = component.get(name)
    if isinstance(value, list):
        raise ValueError(f"more than one {name}")
    return value


def _component(
    component: Any, context: Context, moved: dict[str | None, list[datetime]], contents: Contents
) -> None:
    uid = _text(component.get("UID"))
    identity = uid or f"event-{context.number}"
    categories = _categories(component)
    into = contents.other if _OTHER in categories else contents.events
    try:
        instead = _one(component, "RECURRENCE-ID")
        if instead is not None:
            identity += f"@{instead.dt.isoformat()}"
        occurrences = list(_occurrences(component, [] if instead is not None else moved.get(uid, [])))
    except (ValueError, NoHours) as error:
        contents.entries += 1
        where = contents.unusable if isinstance(error, NoHours) else contents.problems
        where.append(Problem(None, identity, str(error)))
        return
    for count, (start, end) in enumerate(occurrences):
        contents.entries += 1
        document = Document(_entry(component, identity, categories, start, end, count))
        event = read_entry(document, context)
        contents.problems += [
            Problem(None, f"{identity}.{problem.place}", problem.text) for problem in document.problems
        ]
        if event is not None:
            into.append(event)


def _entry(
    component: Any, identity: str, categories: list[str], start: str, end: str, count: int
) -> dict[str, Any]:
    kinds = [category for category in categories if category != _OTHER] or categories
    platforms = _text(component.get("X-EFIR-PLATFORMS"))
    return {
        "id": identity if count == 0 else f"{identity}#{count + 1}",
        "kind": kinds[0] if kinds else None,
        "start": start,
        "end": end,
        "platforms": [name.strip("\\ ") for name in platforms.split(",")] if platforms else None,
        "announced": _text(component.get("X-EFIR-ANNOUNCED")),
        "status": _STATUS.get((_text(component.get("STATUS")) or "").upper(), "unknown"),
        "source": _text(component.get("URL")),
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _categories(component: Any) -> list[str]:
    found = _properties(component, "CATEGORIES")
    return [str(name).strip().lower() for one in found for name in getattr(one, "cats", [one])]


def _properties(component: Any, name: str) -> list[Any]:
    """Of a property that may stand several times."""
    value = component.get(name, [])
    return value if isinstance(value, list) else [value]


def _occurrences(component: Any, moved: list[datetime]) -> Iterator[tuple[str, str]]:
    """Start and end of every occurrence, as text with an offset, or without one where the time floats."""
    if _one(component, "DTSTART") is None:
        raise NoHours("no DTSTART")
    start, info = _wall(component["DTSTART"])
    length = _length(component, start)
    for when in _starts(component, start, info, moved):
        yield _show(when, info), _show(when + length, info)


def _length(component: Any, start: datetime) -> timedelta:
    """Wall-clock length; an end in another zone is brought into the start's."""
    if _one(component, "DTEND") is not None:
        end, info = _wall(component["DTEND"])
        own = _wall(component["DTSTART"])[1]
        if info is not own and info is not None and own is not None:
            end = end.replace(tzinfo=info).astimezone(own).replace(tzinfo=None)
        return end - start
    if _one(component, "DURATION") is not None:
        length: timedelta = component["DURATION"].dt
        return length
    raise NoHours("neither DTEND nor DURATION")


def _wall(value: Any) -> tuple[datetime, Any]:
    """Local wall time and its zone: UTC, the zone of our own tzdata, the file's own VTIMEZONE, or None (floating)."""
    when = value.dt
    if isinstance(when, date) and not isinstance(when, datetime):
        raise NoHours("a whole day; clock hours are needed")
    name = value.params.get("TZID")
    if name is None:
        return when.replace(tzinfo=None), (None if when.tzinfo is None else UTC)
    try:
        return when.replace(tzinfo=None), zone(str(name))
    except ZoneError:
        if when.tzinfo is None:
            raise
        return when.replace(tzinfo=None), when.tzinfo


def _starts(component: Any, start: datetime, info: Any, moved: list[datetime]) -> list[datetime]:
    """Wall times of all occurrences but those left out or moved."""
    left_out = {_in_wall(when, info) for when in (*_listed(component, "EXDATE"), *moved)}
    more = {_in_wall(when, info) for when in _listed(component, "RDATE")}
    return sorted({*_by_rule(_one(component, "RRULE"), start, info), *more} - left_out)


def _by_rule(rule: Any, start: datetime, info: Any) -> list[datetime]:
    if rule is None:
        return [start]
    if "FREQ" not in rule:
        raise ValueError("its RRULE has no FREQ")
    if "COUNT" not in rule and "UNTIL" not in rule:
        raise ValueError("a recurring event without an end; add COUNT or UNTIL to its RRULE")
    from dateutil.rrule import rrulestr

    # Wall-clock recurrence: the end is compared as wall time, too.
    text = ";".join(part for part in rule.to_ical().decode().split(";") if not part.startswith("UNTIL="))
    dates = rrulestr(text, dtstart=start)
    if "UNTIL" in rule:
        dates = dates.replace(until=_in_wall(rule["UNTIL"][0], info, last_of_day=True))
    found = list(islice(dates, _OCCURRENCES + 1))
    if len(found) > _OCCURRENCES:
        raise ValueError(f"more than {_OCCURRENCES} occurrences; is its UNTIL right?")
    return found


def _in_wall(when: Any, info: Any, last_of_day: bool = False) -> datetime:
    """A time of the file on the wall clock of the event's own zone; a day is its first or last second."""
    if not isinstance(when, datetime):
        return datetime.combine(when, time.max if last_of_day else time.min)
    if when.tzinfo is None or info is None:
        return when.replace(tzinfo=None)
    return when.astimezone(info).replace(tzinfo=None)


def _listed(component: Any, name: str) -> list[Any]:
    """Times of a property that may stand several times and hold several times each; of periods the start."""
    times = [each.dt for one in _properties(component, name) for each in one.dts]
    return [time[0] if isinstance(time, tuple) else time for time in times]


def _show(wall: datetime, info: Any) -> str:
    """Text for `read_entry`: floating and named zones stay wall time where the hour is unique there."""
    if info is None:
        return wall.isoformat()
    if isinstance(info, ZoneInfo):
        from analysis.zones import to_utc

        return datetime.fromtimestamp(to_utc(wall, info), UTC).isoformat()
    return wall.replace(tzinfo=info).astimezone(UTC).isoformat()
