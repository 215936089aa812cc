"""The blind cadence: the same shape every day, whatever day it is, and within its budget."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from vantage import budget
from vantage.cadence import Agenda, Every, Kind, next_moment, shape

ALMATY = ZoneInfo("Asia/Almaty")
MONDAY = datetime(2026, 3, 2, tzinfo=ALMATY)


def lived_through(
    agenda: Agenda, start: datetime, days: float, step: float = 60.0
) -> list[tuple[Kind, datetime]]:
    """Everything an agenda asks for when somebody looks every `step` seconds."""
    done: list[tuple[Kind, datetime]] = []
    now, end = start, start + timedelta(days=days)
    while now < end:
        while (kind := agenda.take(now)) is not None:
            done.append((kind, now))
        now += timedelta(seconds=step)
    return done


def agenda(metered: bool = False, start: datetime = MONDAY, seed: int = 1) -> Agenda:
    return Agenda.starting(shape(metered), start, 0, random.Random(seed).uniform)


@pytest.mark.parametrize(
    ("metered", "sentinels", "rounds"), [(False, 18 + 24, 24), (True, 9 + 18, 3 + 3)], ids=str
)
def test_every_slot_of_every_day_has_one_moment(metered: bool, sentinels: int, rounds: int) -> None:
    every = shape(metered)
    done = lived_through(agenda(metered), MONDAY, 28)
    by_day = Counter((kind, then.date()) for kind, then in done)
    # Each day's last moment may be drawn so late that it is seen after midnight; the first day begins at once.
    assert {by_day["sentinels", day] for _, day in by_day} <= {sentinels - 1, sentinels, sentinels + 1}
    assert {by_day["round", day] for _, day in by_day} <= {rounds - 1, rounds, rounds + 1}
    assert sum(kind == "sentinels" for kind, _ in done) in (28 * sentinels, 28 * sentinels + 1)
    assert (every["sentinels"].a_day, every["round"].a_day) == (sentinels, rounds)


def test_the_shape_does_not_depend_on_the_date() -> None:
    """The same draws on any two days give the same times of day."""
    days = [
        datetime(2018, 5, 3, tzinfo=UTC),
        datetime(2026, 12, 16, tzinfo=UTC),
        datetime(2026, 6, 7, tzinfo=UTC),
    ]
    times = [[(kind, then - day) for kind, then in lived_through(agenda(start=day), day, 1)] for day in days]
    assert times[0] == times[1] == times[2]


@pytest.mark.parametrize(
    ("at", "low", "high"),
    [
        ("03:10", "04:00", "05:00"),
        ("17:30", "18:00", "18:15"),
        ("18:05", "18:15", "18:30"),
        ("23:50", "24:00", "25:00"),
    ],
)
def test_the_next_moment_lies_in_the_next_slot(at: str, low: str, high: str) -> None:
    def clock(text: str) -> datetime:
        hours, minutes = map(int, text.split(":"))
        return MONDAY + timedelta(hours=hours, minutes=minutes)

    every = Every(3600, 900)
    assert next_moment(every, clock(at), lambda low, high: low) == clock(low)
    assert next_moment(every, clock(at), lambda low, high: high) == clock(high)


def test_after_sleep_nothing_is_caught_up() -> None:
    woken = MONDAY + timedelta(hours=20)
    plan = agenda()
    lived_through(plan, MONDAY, 0.1)
    assert [plan.take(woken), plan.take(woken), plan.take(woken)] == ["round", "sentinels", None]


def test_a_clock_set_back_by_a_month_stops_nothing() -> None:
    plan = agenda(start=MONDAY + timedelta(days=30))
    lived_through(plan, MONDAY + timedelta(days=30), 1)
    assert len(lived_through(plan, MONDAY, 1)) > 50


def test_a_start_is_spread_over_the_time_it_is_given() -> None:
    starts = [
        Agenda.starting(shape(False), MONDAY, 900, random.Random(seed).uniform).wait(MONDAY)
        for seed in range(200)
    ]
    assert min(starts) < 60
    assert 600 < max(starts) <= 900


@pytest.mark.parametrize("metered", [True, False])
def test_a_day_of_the_cadence_leaves_room_for_a_session(metered: bool) -> None:
    left = budget.for_sessions([], MONDAY, metered, budget.planned(shape(metered), platforms=7))
    # 18 pairs of a metered session, or 14 of another, cost this much (docs/transfer.md).
    assert left > 9_000_000
