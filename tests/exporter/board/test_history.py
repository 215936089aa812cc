"""Each record in the hour in which it was measured."""

from datetime import timedelta

import pytest

from exporter.board.history import Cell, History, hour_of
from exporter.source import Arrivals, Session
from measurements.records import ThrottleLine
from tests.exporter.board.emulated import NOW, said
from tests.rounds import Who, one_session

CELL = Cell("9198", "KZ", "vk")


def test_a_late_record_goes_to_its_own_hour() -> None:
    history = History()
    history.take(Arrivals(verdicts=[said("v", "vk", "accessible")]), NOW)
    history.take(Arrivals(verdicts=[said("v", "vk", "blocked", 200)]), NOW)
    words = {start: heard["v"].word for start, heard in history.cells[CELL].items()}
    assert words == {hour_of(NOW): "accessible", hour_of(NOW - timedelta(hours=200)): "blocked"}


def test_of_an_hour_the_worst_stands_whatever_comes_first() -> None:
    for words in (("blocked", "accessible"), ("accessible", "blocked")):
        history = History()
        history.take(Arrivals(verdicts=[said("v", "vk", word) for word in words]), NOW)
        assert history.cells[CELL][hour_of(NOW)]["v"].word == "blocked"


@pytest.mark.parametrize("hours_ago", [-1, 24 * 31], ids=["from the future", "older than is kept"])
def test_what_cannot_be_placed_is_left_out(hours_ago: int) -> None:
    history = History()
    history.take(Arrivals(verdicts=[said("v", "vk", "blocked", hours_ago)]), NOW)
    assert not any(history.cells.values())


def test_what_is_too_old_is_forgotten() -> None:
    history = History()
    history.take(Arrivals(verdicts=[said("v", "vk", "blocked")]), NOW)
    history.take(Arrivals(), NOW + timedelta(days=31))
    assert not any(history.cells.values())


def test_a_session_gives_its_verdict_and_its_ratio() -> None:
    rows, line, run_id = one_session(Who("v"), "vk", NOW, 0.05)
    history = History()
    history.take(Arrivals(observations=rows, sessions=[Session(NOW, run_id, line)]), NOW)
    heard = history.cells[CELL][hour_of(NOW)]["v"]
    assert (heard.word, heard.ratio) == ("throttled", line.ratio)


def test_without_a_session_single_pairs_give_the_ratio_and_no_verdict() -> None:
    rows, _line, _run_id = one_session(Who("v"), "vk", NOW, 0.5)
    history = History()
    history.take(Arrivals(observations=rows), NOW)
    heard = history.cells[CELL][hour_of(NOW)]["v"]
    assert heard.word is None
    assert heard.ratio == pytest.approx(0.5, rel=0.2)


def test_an_undecided_session_says_no_word() -> None:
    line = ThrottleLine(platform="vk", verdict="inconclusive", ratio=0.7, reason="straddles")
    history = History()
    history.take(
        Arrivals(verdicts=[said("v", "vk", "accessible")], sessions=[Session(NOW, None, line, "v")]), NOW
    )
    heard = history.cells[CELL][hour_of(NOW)]["v"]
    assert (heard.word, heard.ratio) == ("accessible", 0.7)
