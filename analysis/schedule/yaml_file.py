"""Schedules in YAML (docs/schedule.md). One bad entry is named and left out; the rest is kept."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from analysis.schedule.entry import Context, NoHours, read_entry
from analysis.schedule.model import Event
from analysis.zones import ZoneError, zone
from measurements.checked import nearest
from measurements.yaml_lines import Document, Path, Problem, read, show_path

# Keys of the file itself; `compiled` and `note` are for people.
_KEYS: Final = ("version", "timezone", "events", "other", "compiled", "note")
_LISTS: Final[tuple[tuple[Literal["events", "other"], str], ...]] = (("events", "event"), ("other", "other"))


@dataclass
class Contents:
    """What a file holds, before events are compared with each other."""

    timezone: str | None = None
    events: list[Event] = field(default_factory=list)
    other: list[Event] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unusable: list[Problem] = field(default_factory=list)
    entries: int = 0


def parse_yaml(text: str) -> Contents:
    """Read a YAML schedule."""
    document = read(text)
    contents = Contents(problems=list(document.problems))
    if document.data is None and document.problems:
        return contents
    if not isinstance(document.data, dict):
        contents.problems.append(
            Problem(1, "", "a schedule is a mapping with the keys 'timezone' and 'events'")
        )
        return contents
    whole = Document(document.data, document.lines)
    _check_keys(whole)
    info = _zone(whole, contents)
    for name, kind in _LISTS:
        into = contents.events if name == "events" else contents.other
        for number, entry in enumerate(_entries(whole, name), start=1):
            contents.entries += 1
            event = _event(entry, Context(info, kind, number), (name, number - 1), contents)
            if event is not None:
                into.append(event)
    contents.problems += whole.problems
    return contents


def _check_keys(whole: Document) -> None:
    for key in whole.data:
        if key not in _KEYS:
            whole.add((key,), f"unknown key {key!r}{nearest(key, _KEYS)}")
    version = whole.data.get("version", 1)
    if version != 1:
        whole.add(("version",), f"this Efir reads version 1, not {version!r}")
    if "events" not in whole.data:
        whole.add((), "the key 'events' is missing")


def _zone(whole: Document, contents: Contents) -> Any:
    name = whole.data.get("timezone")
    if name is None:
        return None
    try:
        info = zone(str(name))
    except ZoneError as error:
        whole.add(("timezone",), str(error))
        return None
    contents.timezone = str(name)
    return info


def _entries(whole: Document, name: str) -> Iterator[Document]:
    """A document of its own for each entry of a list, with its lines."""
    entries = whole.data.get(name)
    if entries is None:
        return
    if not isinstance(entries, list):
        whole.add((name,), "a list is needed here: lines that begin with '- {id: ..., start: ..., end: ...}'")
        return
    lines: list[dict[Path, int]] = [{} for _ in entries]
    for path, line in whole.lines.items():
        match path:
            case (root, int(index), *rest) if root == name:
                lines[index][tuple(rest)] = line
    for entry, own in zip(entries, lines, strict=True):
        yield Document(entry, own)


def _own_zone(entry: Document, contents: Contents) -> None:
    """Without a zone for the whole file, the first entry's decides what a day and an evening are."""
    name = entry.data.get("timezone") if isinstance(entry.data, dict) else None
    if contents.timezone is None and isinstance(name, str):
        try:
            zone(name)
        except ZoneError:
            return  # named when the entry itself is read
        contents.timezone = name


def _event(entry: Document, context: Context, root: Path, contents: Contents) -> Event | None:
    event = None
    _own_zone(entry, contents)
    name = entry.data.get("id") if isinstance(entry.data, dict) else None
    place = f"{show_path(root)} ({name})" if name else show_path(root)
    try:
        event = read_entry(entry, context)
    except NoHours as why:
        contents.unusable.append(Problem(entry.lines.get(()), place, str(why)))
    for problem in entry.problems:
        where = f"{place}.{problem.place}" if problem.place else place
        contents.problems.append(Problem(problem.line, where, problem.text))
    return event
