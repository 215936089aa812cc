"""Each record in the hour in which it was measured."""

from datetime import datetime, timedelta

import pytest

from exporter.board.history import HOUR, Cell, History, Words, hour_of
from exporter.board.series import Hour, hour
from exporter.source import Arrivals, Session
from measurements.records import ThrottleLine
from tests.exporter.board.emulated import NOW, said
from tests.rounds import Who, one_session

CELL = Cell("9198", "KZ", "vk")


def test_a_late_record_goes_to_its_own_hour() -> None:
    history = History()
    history.take(Arrivals(verdicts=[said("v", "vk", "accessible")]), NOW)
    history.take(Arrivals(verdicts=[said("v", "vk", "blocked", 200)]), NOW)
    assert history.heard(CELL, hour_of(NOW))["v"].word == "accessible"
    assert history.heard(CELL, hour_of(NOW - timedelta(hours=200)))["v"].word == "blocked"


def test_of_an_hour_the_worst_stands_whatever_comes_first() -> None:
    for words in (("blocked", "accessible"), ("accessible", "blocked")):
        history = History()
        history.take(Arrivals(verdicts=[said("v", "vk", word) for word in words]), NOW)
        assert history.heard(CELL, hour_of(NOW))["v"].word == "blocked"


@pytest.mark.parametrize("hours_ago", [-1, 24 * 31], ids=["from the future", "older than is kept"])
def test_what_cannot_be_placed_is_left_out(hours_ago: int) -> None:
    history = History()
    history.take(Arrivals(verdicts=[said("v", "vk", "blocked", hours_ago)]), NOW)
    assert history.heard(CELL, hour_of(NOW - timedelta(hours=hours_ago))) == {}


def test_what_is_too_old_is_forgotten() -> None:
    history = History()
    history.take(Arrivals(verdicts=[said("v", "vk", "blocked")]), NOW)
    history.take(Arrivals(), NOW + timedelta(days=31))
    assert history.heard(CELL, hour_of(NOW)) == {}


def test_a_session_gives_its_verdict_and_its_ratio() -> None:
    rows, line, run_id = one_session(Who("v"), "vk", NOW, 0.05)
    history = History()
    history.take(Arrivals(observations=rows, sessions=[Session(NOW, run_id, line, "v")]), NOW)
    heard = history.heard(CELL, hour_of(NOW))["v"]
    assert (heard.word, heard.ratio) == ("throttled", line.ratio)


def test_without_a_session_single_pairs_give_the_ratio_and_no_verdict() -> None:
    rows, _line, _run_id = one_session(Who("v"), "vk", NOW, 0.5)
    history = History()
    history.take(Arrivals(observations=rows), NOW)
    heard = history.heard(CELL, hour_of(NOW))["v"]
    assert heard.word is None
    assert heard.ratio == pytest.approx(0.5, rel=0.2)


def test_an_undecided_session_says_no_word() -> None:
    line = ThrottleLine(platform="vk", verdict="inconclusive", ratio=0.7, reason="straddles")
    history = History()
    history.take(
        Arrivals(verdicts=[said("v", "vk", "accessible")], sessions=[Session(NOW, None, line, "v")]), NOW
    )
    heard = history.heard(CELL, hour_of(NOW))["v"]
    assert (heard.word, heard.ratio) == ("accessible", 0.7)


def test_an_hour_that_is_over_keeps_all_that_was_said_and_takes_what_comes_late() -> None:
    rows, _line, _run_id = one_session(Who("v"), "vk", NOW, 0.5)
    history, later = History(), NOW + timedelta(hours=5)
    history.take(Arrivals(observations=rows, verdicts=[said("w", "vk", "accessible")]), NOW)
    before = history.heard(CELL, hour_of(NOW))
    history.take(Arrivals(), later)
    assert history.heard(CELL, hour_of(NOW)) == before
    history.take(Arrivals(verdicts=[said("w", "vk", "blocked"), said("x", "vk", "down")]), later)
    after = history.heard(CELL, hour_of(NOW))
    assert {vantage: heard.word for vantage, heard in after.items()} == {
        "v": None,
        "w": "blocked",
        "x": "down",
    }
    assert after["v"] == before["v"]


def test_an_hour_is_counted_anew_only_when_something_was_said_in_it() -> None:
    counted: list[tuple[datetime, int]] = []

    def count(start: datetime, words: Words) -> Hour:
        counted.append((start, len(words)))
        return hour(start, [], 1)

    history, starts = History(), [hour_of(NOW) - number * HOUR for number in range(3)]
    history.take(Arrivals(verdicts=[said("v", "vk", "accessible")]), NOW)
    for _ in range(2):
        history.hours(CELL, starts, count)
    history.take(Arrivals(verdicts=[said("v", "vk", "accessible", 2), said("w", "vk", "down", 2)]), NOW)
    history.hours(CELL, starts, count)
    assert [each for each in counted if each[1]] == [(starts[0], 1), (starts[2], 2)]


def test_a_pair_that_lies_across_two_pieces_of_the_past_is_found() -> None:
    rows, _line, _run_id = one_session(Who("v"), "vk", NOW - timedelta(days=3), 0.5, pairs=1)
    history = History()
    for row in reversed(rows):
        history.take(Arrivals(observations=[row]), NOW, past=True)
    heard = history.heard(CELL, hour_of(NOW - timedelta(days=3)))["v"]
    assert heard.ratio == pytest.approx(0.5, rel=0.2)
