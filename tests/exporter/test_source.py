"""The spool of a device as a source: what is new, and the past by days."""

from datetime import datetime, timedelta

import pytest

from exporter.source import Pieces, SpoolSource
from measurements.store import Spool
from tests.exporter.conftest import NOW
from tests.rounds import Who, new_id, one_session

KEPT = NOW - timedelta(days=30)
LATELY = NOW - timedelta(hours=2)


def keep_session(spool: Spool, time: datetime) -> None:
    rows, line, run = one_session(Who("v1"), "youtube", time, 0.05, pairs=1)
    spool.add(rows)
    spool.add_throttle(line, new_id(), run, time)


def test_the_past_of_a_spool_comes_by_days_each_session_with_its_vantage(spool: Spool) -> None:
    times = [NOW, NOW - timedelta(hours=5), NOW - timedelta(days=3), NOW - timedelta(days=40)]
    for time in times:
        keep_session(spool, time)
    source = SpoolSource(spool)
    assert source.past() is None  # before anything else was read
    assert [each.time for each in source.arrivals(KEPT, LATELY).sessions] == [NOW]
    keep_session(spool, times[2])  # late: it is new, and not of the past
    pieces = list(iter(source.past, None))
    sessions = [session for piece in pieces for session in piece.arrivals.sessions]
    assert [(each.time, each.vantage) for each in sessions] == [(times[1], "v1"), (times[2], "v1")]
    assert all(piece.arrivals.observations for piece in pieces if piece.arrivals.sessions)
    assert [each.time for each in source.arrivals(KEPT, LATELY).sessions] == [times[2]]


@pytest.mark.parametrize(
    ("hours", "step", "spans"),
    [
        pytest.param(0, 1, [], id="no time at all"),
        pytest.param(2, 1, [(1, 2), (0, 1)], id="newest first"),
        pytest.param(5, 2, [(3, 5), (1, 3), (0, 1)], id="the oldest is shorter"),
    ],
)
def test_pieces_meet_without_a_gap(hours: int, step: int, spans: list[tuple[int, int]]) -> None:
    pieces = Pieces(NOW, NOW + timedelta(hours=hours), timedelta(hours=step))
    found = []
    while (span := pieces.span) is not None:
        found.append(tuple((each - NOW) // timedelta(hours=1) for each in span))
        pieces.done()
    assert found == spans
