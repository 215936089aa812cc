"""A schedule in memory: events, other causes, and what was wrong with the file."""

from dataclasses import dataclass, field
from typing import Literal

from analysis.windows import Hours, Window, merge
from measurements.yaml_lines import Problem

Status = Literal["held", "cancelled", "moved", "unknown"]


@dataclass(frozen=True)
class Event:
    """One event with clock hours; UTC seconds, the planned hours where they are given."""

    id: str
    start: int
    end: int
    kind: str = "event"
    platforms: tuple[str, ...] = ()  # none = all
    announced: int | None = None
    status: Status = "unknown"
    source: str | None = None
    line: int | None = None

    def concerns(self, platform: str) -> bool:
        """True if the event is about this platform."""
        return not self.platforms or platform.lower() in self.platforms

    @property
    def window(self) -> Window:
        announced = self.announced is not None and self.announced < self.start
        return Window(self.start, self.end, (self.id,), announced, self.status == "cancelled")


@dataclass(frozen=True)
class Schedule:
    """All that could be used of a file, and all that could not, by name."""

    timezone: str
    events: tuple[Event, ...] = ()
    other: tuple[Event, ...] = ()
    problems: tuple[Problem, ...] = ()  # mistakes; what they touch was left out
    unusable: tuple[Problem, ...] = ()  # entries without clock hours: true, but of no use here
    notices: tuple[Problem, ...] = ()  # overlaps and repetitions: kept and merged
    sha256: str = ""
    entries: int = 0  # events and other causes in the file, used or not
    sources: tuple[str, ...] = field(default=())

    def hours(self, platform: str, kinds: tuple[str, ...] = ()) -> Hours:
        """Windows for one platform, of the given kinds of events (all by default)."""
        mine = [
            event.window
            for event in self.events
            if event.concerns(platform) and (not kinds or event.kind in kinds)
        ]
        held = merge([window for window in mine if not window.cancelled])
        cancelled = merge([window for window in mine if window.cancelled])
        # An event that took place in the hours of a cancelled one decides what these hours are.
        free = [each for each in cancelled if not any(_overlap(each, other) for other in held)]
        left_out = tuple((event.start, event.end) for event in self.other if event.concerns(platform))
        return Hours(tuple(sorted(held + free, key=lambda window: window.start)), left_out)


def _overlap(one: Window, other: Window) -> bool:
    return one.start < other.end and other.start < one.end
