"""Time bins and what the clock and the calendar say of each: slot of the day, day type, day."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np

from analysis.correlate.settings import BIN_SECONDS
from analysis.correlate.types import Ints
from analysis.zones import zone as zone_info

WEEKEND = 5  # weekday() of Saturday


@dataclass(frozen=True)
class Calendar:
    """Bins of `BIN_SECONDS` from `origin` (UTC seconds), covering whole local days of one zone."""

    origin: int
    minute: Ints  # local minute of the day of each bin's start
    day: Ints  # local days since the first one
    weekend: Ints  # 1 on Saturday and Sunday

    def __len__(self) -> int:
        return len(self.minute)

    def bin_of(self, time: Ints) -> Ints:
        """Index of the bin that holds each time."""
        return (time - self.origin) // BIN_SECONDS

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Bins [first, last) whose middle lies in [start, end), cut to the calendar; a short window keeps one bin."""
        half = BIN_SECONDS // 2
        first = -((self.origin + half - start) // BIN_SECONDS)
        last = -((self.origin + half - end) // BIN_SECONDS)
        if last <= first < len(self):
            first = (start - self.origin) // BIN_SECONDS
            last = first + 1
        return max(first, 0), min(last, len(self))


def calendar(first: int, last: int, zone: str) -> Calendar:
    """The calendar of the local days that hold the UTC seconds `first` to `last`."""
    info = zone_info(zone)
    origin = _midnight(datetime.fromtimestamp(first, info))
    end = _midnight(datetime.fromtimestamp(last, info) + timedelta(days=1))
    return _bins(origin, end, zone)


def _midnight(local: datetime) -> int:
    return int(local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).timestamp())


@lru_cache(maxsize=256)
def _bins(origin: int, end: int, zone: str) -> Calendar:
    info = zone_info(zone)
    local = [datetime.fromtimestamp(second, info) for second in range(origin, end, BIN_SECONDS)]
    return Calendar(
        origin,
        np.array([each.hour * 60 + each.minute for each in local], dtype=np.int64),
        np.array([each.toordinal() - local[0].toordinal() for each in local], dtype=np.int64),
        np.array([each.weekday() >= WEEKEND for each in local], dtype=np.int64),
    )
