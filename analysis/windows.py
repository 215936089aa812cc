"""Hours of a schedule as one platform sees them: event windows, and hours that belong to other causes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """Hours of one event, or of several that overlap; UTC seconds, end exclusive."""

    start: int
    end: int
    ids: tuple[str, ...]
    announced: bool = False  # some of its events were announced before they began
    cancelled: bool = False


@dataclass(frozen=True)
class Hours:
    """What a schedule says about one platform."""

    windows: tuple[Window, ...]  # merged where they overlap, in time order
    left_out: tuple[tuple[int, int], ...] = ()  # UTC seconds [start, end) of other causes, in neither group

    @property
    def held(self) -> tuple[Window, ...]:
        """The windows that are compared: those of cancelled events are not."""
        return tuple(window for window in self.windows if not window.cancelled)


def merge(windows: list[Window]) -> list[Window]:
    """Windows that overlap (or repeat) made one, in time order."""
    merged: list[Window] = []
    for window in sorted(windows, key=lambda each: (each.start, each.end)):
        last = merged[-1] if merged else None
        if last is None or window.start >= last.end:
            merged.append(window)
            continue
        merged[-1] = Window(
            last.start,
            max(last.end, window.end),
            last.ids + window.ids,
            last.announced or window.announced,
            last.cancelled and window.cancelled,
        )
    return merged
