"""When to measure: the same shape every day, its moments known to nobody in advance. Pure.

Blind (DESIGN sections 2 and 7): denser on all evenings, never on a date, so that the timing of probes tells
nothing of what anybody waits for, and all evenings are measured alike. Each local day is cut into slots; in
each slot one moment is drawn evenly. So every hour is seen, no regular beat of the line can hide between probes, and a
device that slept through slots simply goes on with the next: nothing is caught up in a burst.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

Kind = Literal["round", "sentinels"]

# Local seconds of the day from which slots are the evening's, every day of the year.
EVENING: Final = 18 * 3600
DAY: Final = 24 * 3600


@dataclass(frozen=True)
class Every:
    """Length of a slot in seconds, by day and in the evening; both divide their part of the day evenly."""

    day: int
    evening: int

    def slot(self, second: float) -> tuple[int, int]:
        """Start and length of the slot that holds this second of the local day."""
        start, length = (EVENING, self.evening) if second >= EVENING else (0, self.day)
        return start + int((second - start) // length) * length, length

    @property
    def a_day(self) -> int:
        """Slots in a day."""
        return EVENING // self.day + (DAY - EVENING) // self.evening


_MINUTES: Final = 60
# What a day of each costs with seven platforms is worked out in docs/cadence.md, and held by its test.
UNMETERED: Final[dict[Kind, Every]] = {
    "sentinels": Every(60 * _MINUTES, 15 * _MINUTES),
    "round": Every(60 * _MINUTES, 60 * _MINUTES),
}
# The full cadence costs 43 MB a day in sentinels alone, and would leave nothing of 50 MB to prove what they suspect.
METERED: Final[dict[Kind, Every]] = {
    "sentinels": Every(120 * _MINUTES, 20 * _MINUTES),
    "round": Every(360 * _MINUTES, 120 * _MINUTES),
}


def shape(metered: bool) -> dict[Kind, Every]:
    """The slots of a line."""
    return METERED if metered else UNMETERED


def next_moment(every: Every, local: datetime, uniform: Callable[[float, float], float]) -> datetime:
    """A moment in the slot after the one that holds `local`. `uniform(low, high)` draws (random.uniform)."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    start, length = every.slot((local - midnight).total_seconds())
    following = start + length
    _, length = every.slot(following % DAY)
    return midnight + timedelta(seconds=following + uniform(0, length))


@dataclass
class Agenda:
    """What is due when. `now` is local time with its zone; it may jump, as after sleep or a set clock."""

    shape: dict[Kind, Every]
    uniform: Callable[[float, float], float]
    _due: dict[Kind, datetime]

    @classmethod
    def starting(
        cls, shape: dict[Kind, Every], now: datetime, within: float, uniform: Callable[[float, float], float]
    ) -> "Agenda":
        """An agenda whose first of each kind comes within so many seconds, then slot by slot."""
        return cls(shape, uniform, {kind: now + timedelta(seconds=uniform(0, within)) for kind in shape})

    def take(self, now: datetime) -> Kind | None:
        """What is due now, rounds first; it is planned anew with that."""
        for kind, due in sorted(self._due.items()):
            # No slot is longer than a day: a moment further away belongs to a clock that was wrong.
            if due <= now or due - now > timedelta(days=1):
                self._due[kind] = self._after(kind, due, now)
            if due <= now:
                return kind
        return None

    def _after(self, kind: Kind, due: datetime, now: datetime) -> datetime:
        """A moment in the slot after that of `due`; where that has gone by, in the slot after this one."""
        planned = next_moment(self.shape[kind], due, self.uniform)
        timely = now < planned < now + timedelta(days=1)
        return planned if timely else next_moment(self.shape[kind], now, self.uniform)

    def wait(self, now: datetime) -> float:
        """Seconds until something is due."""
        return max(0.0, (min(self._due.values()) - now).total_seconds())
