"""One entry of a schedule file: its keys, and how it becomes an `Event` in UTC."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from analysis.schedule.model import Event, Status
from analysis.zones import ZoneError, to_utc, zone
from measurements.checked import check
from measurements.yaml_lines import Document

# No measurement is older, and beyond 2199 clocks and calendars disagree.
_YEARS = 1970, 2199
# Named in a schedule, these mean the whole line and therefore every platform.
_EVERYTHING = "all"


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Keys of an event or another cause. The second half is for people: kept out of the statistics."""

    id: str | None = None
    kind: str | None = None
    start: str | None = None
    end: str | None = None
    planned_start: str | None = None
    planned_end: str | None = None
    platforms: tuple[str, ...] | None = None
    announced: str | None = None
    status: Literal["held", "cancelled", "moved", "unknown"] | None = None
    timezone: str | None = None
    source: str | tuple[str, ...] | None = None
    note: str | None = None
    day: str | int | None = None
    day_end: str | int | None = None
    isps: tuple[str, ...] | None = None
    mechanism: str | None = None
    claim: str | None = None
    confidence: str | None = None
    restored_windows_utc: tuple[tuple[str, ...], ...] | None = None


class NoHours(Exception):
    """A true entry that names no clock hours; the text says which are missing."""


@dataclass(frozen=True)
class Context:
    """What an entry inherits from its file."""

    info: ZoneInfo | None  # None: the file's zone is missing or wrong; only times with an offset can be used
    default_kind: str
    number: int  # position in its list, from 1


def read_entry(document: Document, context: Context) -> Event | None:
    """The event of one entry. Mistakes go to `document.problems` (None then); raises NoHours."""
    check(document, Entry)
    if document.problems:
        return None
    entry = msgspec.convert(document.data, Entry)
    start_key = "planned_start" if entry.planned_start else "start"
    end_key = "planned_end" if entry.planned_end else "end"
    missing = [key for key in (start_key, end_key) if getattr(entry, key) is None]
    if missing:
        raise NoHours(f"no clock time for {' and '.join(missing)}")
    info = _zone_of(entry, context, document)
    if document.problems:
        return None
    start = _second(getattr(entry, start_key), start_key, info, document)
    end = _second(getattr(entry, end_key), end_key, info, document)
    announced = _announced(entry, info, document)
    if start is None or end is None or document.problems:
        return None
    if end <= start:
        document.add((end_key,), f"{end_key} is not after {start_key}; are they swapped?")
        return None
    return Event(
        id=entry.id or f"{context.default_kind}-{context.number}",
        start=start,
        end=end,
        kind=entry.kind or context.default_kind,
        platforms=_platforms(entry.platforms),
        announced=announced,
        status=_status(entry),
        source=_source(entry.source),
        line=document.lines.get(()),
    )


def _platforms(given: tuple[str, ...] | None) -> tuple[str, ...]:
    names = tuple(name.strip().lower() for name in given or ())
    return () if _EVERYTHING in names else names


def _status(entry: Entry) -> Status:
    return entry.status or "unknown"


def _source(given: str | tuple[str, ...] | None) -> str | None:
    return " ".join(given) if isinstance(given, tuple) else given


def _zone_of(entry: Entry, context: Context, document: Document) -> ZoneInfo | None:
    if entry.timezone is None:
        return context.info
    try:
        return zone(entry.timezone)
    except ZoneError as error:
        document.add(("timezone",), str(error))
        return None


def _second(text: str, key: str, info: ZoneInfo | None, document: Document) -> int | None:
    """UTC seconds of a date with a clock time; None with a problem noted."""
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        document.add((key,), f"{text!r} is no date and time; write it like 2018-05-03T20:00")
        return None
    if _only_a_day(text):
        document.add((key,), f"{text!r} has no clock time; write it like {text.strip()}T20:00")
        return None
    if not _YEARS[0] <= when.year <= _YEARS[1]:
        document.add((key,), f"{text!r}: the year is not from {_YEARS[0]} to {_YEARS[1]}")
        return None
    if when.tzinfo is not None:
        return int(when.timestamp())
    if info is None:
        document.add(
            (key,), f"{text!r} has no offset and there is no valid time zone; write +05:00 behind it"
        )
        return None
    try:
        return to_utc(when, info)
    except ZoneError as error:
        document.add((key,), str(error))
        return None


def _only_a_day(text: str) -> bool:
    try:
        date.fromisoformat(text.strip())
    except ValueError:
        return False
    return True


def _announced(entry: Entry, info: ZoneInfo | None, document: Document) -> int | None:
    """The start of the day where only a day is given."""
    if entry.announced is None:
        return None
    text = f"{entry.announced.strip()}T00:00" if _only_a_day(entry.announced) else entry.announced
    return _second(text, "announced", info, document)
