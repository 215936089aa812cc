"""A network's platform hour by hour and day by day. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from exporter.board.agree import INTERFERENCE, ratio, voices
from exporter.standing import badness


class Hour(msgspec.Struct, frozen=True, kw_only=True):
    """One hour; state null = nothing known."""

    start: datetime
    state: str | None
    vantages: int
    agreeing: int
    ratio: float | None


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One UTC day: the worst interference of its hours, else what most of them say; null = nothing known."""

    start: datetime
    state: str | None
    hours_measured: int
    hours_affected: int


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of /api/v1/history: hours or days, oldest first."""

    asn: str
    country: str
    platform: str
    k: int
    resolution: str
    hours: list[Hour]
    days: list[Day]


def hour(start: datetime, said: Iterable[tuple[str, str | None, float | None]], k: int) -> Hour:
    """What the network says in an hour, by the same rules as now. `said`: invite, verdict, ratio of each vantage."""
    known = list(said)
    speaking = voices(((invite, word) for invite, word, _ratio in known), k)
    return Hour(
        start=start,
        state=speaking.word,
        vantages=speaking.count,
        agreeing=speaking.agreeing,
        ratio=ratio(((invite, value) for invite, _word, value in known), k),
    )


def days_of(hours: Sequence[Hour]) -> list[Day]:
    """The days of these hours. A slow evening must not vanish in a fast day, so interference outweighs the rest."""
    by_day: dict[datetime, list[str]] = {}
    for each in hours:
        states = by_day.setdefault(each.start.replace(hour=0), [])
        if each.state is not None:
            states.append(each.state)
    # Thirty days of hours touch 31 days; the oldest is not whole.
    return [_day(start, states) for start, states in list(by_day.items())[-30:]]


def _day(start: datetime, states: list[str]) -> Day:
    affected = [state for state in states if state in INTERFERENCE]
    worst = min(affected, key=badness, default=None)
    usual = max(dict.fromkeys(states), key=states.count, default=None)
    return Day(start=start, state=worst or usual, hours_measured=len(states), hours_affected=len(affected))


def transitions(hours: Sequence[Hour]) -> Iterator[tuple[datetime, str, str]]:
    """(start of the first hour with the new state, old state, new state); hours without data are passed over."""
    before: str | None = None
    for each in hours:
        if each.state is None:
            continue
        if before is not None and each.state != before:
            yield each.start, before, each.state
        before = each.state
