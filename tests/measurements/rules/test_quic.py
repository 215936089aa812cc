"""QUIC is a series of its own beside TCP."""

from collections.abc import Callable

import pytest

from measurements.records import Observation
from tests.measurements.rules.world import (
    GENUINE,
    OK,
    SECOND,
    WEB,
    broken,
    dns,
    judge,
    page,
    platform,
    twice,
)


def _quic(failure: str | None, **fields: object) -> Callable[[], list[Observation]]:
    return lambda: twice(broken, GENUINE, "tls", failure, probe="quic", **fields)


def test_a_quic_failure_alone_leaves_the_platform_accessible_and_has_a_line_of_its_own() -> None:
    rows = [*OK, dns(GENUINE), page(), *_quic("generic_timeout_error")()]
    lines = judge(rows, WEB)
    assert platform(lines).verdict == "accessible"
    web = [(line.verdict, line.stage) for line in lines if line.endpoint == "web"]
    assert web == [("blocked", "quic"), ("accessible", None)]


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        (twice(broken, SECOND, "tls", "generic_timeout_error", probe="quic"), []),
        (
            twice(broken, GENUINE, "tls", "generic_timeout_error", probe="quic", received=700),
            ["inconclusive"],
        ),
    ],
    ids=["at a node that is dead over TCP as well", "with bytes that came too slowly"],
)
def test_no_block_over_quic(rows: list[Observation], wanted: list[str]) -> None:
    tcp = [dns(GENUINE, SECOND), page(), broken(SECOND, "connect", "generic_timeout_error")]
    lines = judge([*OK, *tcp, *rows], WEB)
    assert [line.verdict for line in lines if line.stage == "quic"] == wanted


def test_quic_that_works_nowhere_is_the_lines_own_matter() -> None:
    other = twice(broken, "192.0.2.1", "tls", "generic_timeout_error", probe="quic", host="q.example", platform="wiki",
                  role="control")  # fmt: skip
    lines = judge([*OK, *other, dns(GENUINE), page(), *_quic("generic_timeout_error")()], WEB)
    assert [line.verdict for line in lines if line.stage == "quic"] == ["inconclusive"]
