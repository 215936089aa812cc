"""Event windows as metrics. Only an operator's exporter has any: the schedule never reaches a volunteer's device."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from exporter.families import Families

# A window is shown this long before and after it, so that the number of series does not grow with the schedule.
_AROUND: Final = 86_400.0  # seconds


@dataclass(frozen=True)
class EventWindow:
    """One scheduled event; Unix seconds, end exclusive. No platforms = all of them."""

    id: str
    start: float
    end: float
    platforms: tuple[str, ...] = ()


def event_windows(
    windows: Sequence[EventWindow], platforms: Sequence[str], now: float, out: Families
) -> None:
    """Windows that are near `now`, one series for each platform that they concern."""
    for window in windows:
        if not window.start - _AROUND <= now <= window.end + _AROUND:
            continue
        out.add("efir_event_window_start_timestamp_seconds", (window.id,), window.start)
        out.add("efir_event_window_end_timestamp_seconds", (window.id,), window.end)
        for platform in window.platforms or platforms:
            out.add("efir_event_window_active", (window.id, platform), window.start <= now < window.end)
