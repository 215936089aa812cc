"""Can the data tell the hours of the events from the hours of the day at all? Asked before any p-value."""

import numpy as np

from analysis.correlate import settings
from analysis.correlate.cell import Cell
from analysis.windows import Window

_KINDS = ("weekday", "weekend")


def obstacle(cell: Cell, all_windows: tuple[Window, ...]) -> str | None:
    """Why the cell is not identifiable, in words; None if it is.

    Per day type with events: enough days without any event must hold votes in the windows' clock hours, and days with
    events must not be nearly all days. `all_windows` counts days whose windows hold no votes as event days, too.
    """
    days = cell.calendar
    event_days = np.zeros(int(days.day.max()) + 1, bool)
    for window in all_windows:
        first, last = days.span(window.start, window.end)
        event_days[days.day[first:last]] = True
    voted = np.zeros(len(event_days), bool)
    voted[cell.day] = True
    weekend = np.zeros(len(event_days), bool)
    weekend[days.day[days.weekend == 1]] = True
    for kind, name in enumerate(_KINDS):
        if not np.any(days.weekend[cell.spans[:, 0]] == kind):
            continue
        of_kind = weekend == bool(kind)
        comparable = np.count_nonzero(_holds_clock_hours(cell, kind) & of_kind & ~event_days)
        total = np.count_nonzero(of_kind & voted)
        busy = np.count_nonzero(of_kind & voted & event_days)
        if busy > settings.EVENT_DAY_SHARE * total:
            return (
                f"{busy} of {total} {name}s with measurements are event days; too few others to compare with"
            )
        if comparable < settings.COMPARISON_DAYS:
            return (
                f"only {comparable} {name}s without an event hold measurements in the clock hours of the events; "
                f"{settings.COMPARISON_DAYS} are needed"
            )
    return None


def _holds_clock_hours(cell: Cell, kind: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Days on which some vote stands at a clock time that a window of this day type covers."""
    days = cell.calendar
    clock = np.zeros(1440, bool)
    for first, last in cell.spans:
        if days.weekend[first] == kind:
            clock[days.minute[first:last]] = True
    result = np.zeros(int(days.day.max()) + 1, bool)
    result[cell.day[clock[days.minute[cell.bin]]]] = True
    return result
