"""The board: what is shown of a town, and what is not."""

from datetime import timedelta

import pytest

from exporter.board.history import hour_of
from exporter.board.state import Board, PlatformState
from exporter.events import EventWindow
from exporter.reading import Reader
from exporter.source import Arrivals, Past, SourceError
from tests.exporter.board.emulated import NAMES, NOW, hostile, reader, said, town
from tests.many_vantages import MemorySource


def of(board: Board, platform: str, asn: str = "9198") -> PlatformState:
    (network,) = [each for each in board.networks if each.asn == asn]
    (found,) = [each for each in network.platforms if each.platform == platform]
    return found


def test_what_stands_and_how_sure() -> None:
    youtube = of(town().board(), "youtube")
    assert (youtube.state, youtube.stage, youtube.confidence) == ("throttled", "transfer", "agreed")
    assert (youtube.agreeing, youtube.vantages) == (4, 5)
    assert youtube.ratio == 0.09
    assert youtube.shares == {"throttled": 0.8, "accessible": 0.2}
    assert youtube.since == hour_of(NOW) - timedelta(hours=3)


def test_an_hour_without_data_is_its_own_thing() -> None:
    vk = of(town().board(), "vk")
    assert vk.hours[-1 - 9] is None
    assert set(vk.hours) == {None, "accessible"}
    assert (vk.last_24_hours.measured, vk.last_24_hours.affected) == (23, 0)


def test_a_slow_evening_marks_its_day_and_days_without_data_are_unknown() -> None:
    youtube = of(town().board(), "youtube")
    assert len(youtube.days) == 30
    assert youtube.days[0] is None
    assert youtube.days[-2] == "throttled"
    # Twelve evenings; the thirteenth day, the oldest, begins after its evening.
    assert (youtube.last_30_days.measured, youtube.last_30_days.affected) == (13, 12)


def test_changes_are_told_newest_first() -> None:
    changes = town().board().changes
    assert {(each.platform, each.before, each.after) for each in changes} == {
        ("youtube", "accessible", "throttled"),
        ("youtube", "throttled", "accessible"),
    }
    assert [each.time for each in changes] == sorted((each.time for each in changes), reverse=True)


def test_a_network_of_too_few_people_is_nowhere() -> None:
    assert [each.asn for each in town().board().networks] == ["9198"]


def test_vantages_of_one_invite_count_once() -> None:
    lines = [said(f"v{number}", "vk", "blocked") for number in range(5)]
    assert reader(lines, invites={f"v{number}": "one" for number in range(5)}).board().networks == []


def test_hours_of_too_few_people_stay_hidden_where_others_are_shown() -> None:
    lines = [said(f"v{number}", "vk", "accessible") for number in range(3)] + [said("v0", "vk", "blocked", 5)]
    vk = of(reader(lines).board(), "vk")
    assert vk.hours[-1] == "accessible"
    assert vk.hours[-1 - 5] is None


def test_ones_own_store_shows_the_one_vantage_and_calls_it_a_suspicion() -> None:
    vk = of(reader([said("v", "vk", "blocked")], own=True).board(), "vk")
    assert (vk.state, vk.confidence) == ("blocked", "single")


def test_a_platform_nobody_measured_has_no_state() -> None:
    youtube = of(reader([said("v", "vk", "accessible")], own=True).board(), "youtube")
    assert (youtube.state, youtube.confidence, youtube.vantages) == (None, None, 0)


def test_what_is_no_longer_fresh_stands_in_the_past_only() -> None:
    vk = of(reader([said("v", "vk", "accessible", 3)], own=True).board(), "vk")
    assert (vk.state, vk.since) == (None, None)
    assert vk.hours[-1 - 3] == "accessible"


def test_a_store_that_cannot_be_read_is_said_and_the_last_known_shown() -> None:
    broken = town()
    broken.board()

    def arrivals(since: object, lately: object) -> None:
        raise SourceError("locked")

    broken._source.arrivals = arrivals  # type: ignore[method-assign]  # the store fails after the first look
    board = broken.board()
    assert not board.store_readable
    assert of(board, "youtube").state == "throttled"


@pytest.mark.parametrize(
    ("start", "end", "shown", "active"),
    [
        pytest.param(-2, 1, True, True, id="now"),
        pytest.param(-50, -48, True, False, id="two days ago"),
        pytest.param(48, 50, True, False, id="in two days"),
        pytest.param(-24 * 40, -24 * 39, False, False, id="long ago"),
        pytest.param(24 * 8, 24 * 9, False, False, id="far ahead"),
    ],
)
def test_event_windows_near_now_are_shown(start: int, end: int, shown: bool, active: bool) -> None:
    at = NOW.timestamp()
    board = reader([], windows=[EventWindow("e", at + start * 3600, at + end * 3600)]).board()
    assert [each.active for each in board.windows] == ([active] if shown else [])


def test_unknown_words_of_a_store_do_not_stop_the_board() -> None:
    assert hostile().board().networks


def test_while_the_past_is_being_read_the_page_says_from_when_it_is_known() -> None:
    older = [
        Past(Arrivals(verdicts=[said("v", "vk", "blocked", hours)]), NOW - timedelta(hours=hours))
        for hours in (5, 9)
    ]
    source = MemorySource([Arrivals(verdicts=[said("v", "vk", "accessible")])], own=True, older=older)
    made = Reader(source, platforms=NAMES, utc=lambda: NOW, monotonic=lambda: 0.0)
    assert of(made.board(), "vk").hours[-6] is None
    assert made.board().known_since == NOW - timedelta(hours=2)
    assert made.read_on()
    assert made.board().known_since == NOW - timedelta(hours=5)
    assert made.read_on()
    assert not made.read_on()
    board = made.board()
    assert board.known_since is None
    assert [of(board, "vk").hours[number] for number in (-1, -6, -10)] == ["accessible", "blocked", "blocked"]


def test_hours_of_events_are_marked_for_the_platforms_that_they_concern() -> None:
    at = hour_of(NOW).timestamp()
    windows = [
        EventWindow("e", at - 3 * 3600, at - 1800, ("youtube",)),
        EventWindow("f", at - 9 * 3600, at - 8 * 3600),
    ]
    board = reader([said("v", "vk", "accessible")], own=True, windows=windows).board()
    assert [n - 23 for n, inside in enumerate(of(board, "youtube").hours_in_windows) if inside] == [
        -9,
        -3,
        -2,
        -1,
    ]
    assert [n - 23 for n, inside in enumerate(of(board, "vk").hours_in_windows) if inside] == [-9]
