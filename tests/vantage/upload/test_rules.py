"""When to send, and what an answer means."""

import pytest

from vantage.upload.rules import Outcome, after, pause, planned, send_after


def highest() -> float:
    return 0.999999


def lowest() -> float:
    return 0.0


@pytest.mark.parametrize(
    ("live", "low", "high"),
    [(False, 3600.0, 86_400.0), (True, 0.0, 600.0)],
    ids=["one hour to a day later", "within ten minutes for those who agreed"],
)
def test_results_are_sent_at_a_random_time(live: bool, low: float, high: float) -> None:
    assert send_after(live, lowest) == low
    assert high * 0.99 < send_after(live, highest) < high


@pytest.mark.parametrize(
    ("status", "proven", "outcome"),
    [
        pytest.param(200, True, Outcome.DONE, id="the operator's answer is done"),
        pytest.param(207, True, Outcome.DONE, id="any 2xx of the operator's is done"),
        pytest.param(200, False, Outcome.AGAIN, id="a login page that says 200 acknowledges nothing"),
        pytest.param(302, False, Outcome.AGAIN, id="a redirect is no answer"),
        pytest.param(400, False, Outcome.REFUSED, id="a bad request stays bad"),
        pytest.param(403, False, Outcome.REFUSED, id="a revoked token stays revoked"),
        pytest.param(413, False, Outcome.REFUSED, id="too large stays too large"),
        pytest.param(408, False, Outcome.AGAIN, id="too slow is tried again"),
        pytest.param(425, False, Outcome.AGAIN, id="too early is tried again"),
        pytest.param(429, False, Outcome.AGAIN, id="too often is tried again"),
        pytest.param(500, False, Outcome.AGAIN, id="a broken server is tried again"),
        pytest.param(503, True, Outcome.AGAIN, id="a busy server is tried again"),
        pytest.param(None, False, Outcome.AGAIN, id="no answer is tried again"),
    ],
)
def test_what_an_answer_means(status: int | None, proven: bool, outcome: Outcome) -> None:
    assert after(status, None, 1, lowest, proven).outcome is outcome


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", 120.0),
        (" 7 ", 15.0),
        ("99999999999", 86_400.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 15.0),
        ("-5", 15.0),
        ("1e9", 15.0),
        ("²", 15.0),
        (None, 15.0),
    ],
    ids=[
        "seconds are honoured",
        "less than our own pause is not needed",
        "more than a day is a day",
        "a date is not used",
        "negative is nothing",
        "a float is nothing",
        "a digit of another alphabet is nothing",
        "nothing",
    ],
)
def test_how_long_a_server_may_ask_us_to_wait(header: str | None, wait: float) -> None:
    assert after(503, header, 1, lowest, False).wait == wait


def test_pauses_double_to_six_hours_and_half_of_each_is_chance() -> None:
    assert [pause(attempt, lowest) for attempt in (1, 2, 3)] == [15.0, 30.0, 60.0]
    assert pause(50, lowest) == 10_800.0
    assert 21_599.0 < pause(5000, highest) < 21_600.0


@pytest.mark.parametrize(
    ("due", "live", "retrying", "when"),
    [
        pytest.param(None, False, False, 1000.0 + 3600.0, id="none drawn yet"),
        pytest.param(None, True, False, 1000.0, id="none drawn yet, live"),
        pytest.param(5000.0, False, False, 5000.0, id="a drawn time stands"),
        pytest.param(500.0, False, False, 500.0, id="a time that has passed, as after days of sleep"),
        pytest.param(90_000.0, False, False, 4600.0, id="more than a day ahead: the clock was wrong"),
        pytest.param(5000.0, True, False, 1000.0, id="drawn before live results were agreed to"),
        pytest.param(5000.0, True, True, 5000.0, id="a pause after a failure stands, live or not"),
    ],
)
def test_when_results_that_wait_are_sent(due: float | None, live: bool, retrying: bool, when: float) -> None:
    assert planned(due, 1000.0, live, retrying, lowest) == when
