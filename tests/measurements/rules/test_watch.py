"""A second try counts only if the line was alive while it waited."""

from datetime import timedelta
from typing import Any

import pytest

from measurements.records import Observation, Phases
from measurements.rules.watch import WATCH
from tests.measurements.rules.world import (
    FOREIGN,
    GENUINE,
    OK,
    START,
    broken,
    dns,
    judge,
    platform,
    seen,
    twice,
)


def watched(heard: int, seconds: float = 3.0, takes: float = 0.1) -> list[Observation]:
    """Connections to three foreign controls beside the second tries, so many of them answered, so long after START."""
    about: dict[str, Any] = {"role": "control", "endpoint": "watch", "probe": "tcp", "flags": (WATCH,)}
    time = START + timedelta(seconds=seconds)
    return [
        seen(platform=name, address="192.0.2.1", time=time, phases=Phases(connect=takes), **about)
        if number < heard
        else broken("192.0.2.1", "connect", "generic_timeout_error", platform=name, time=time, **about)
        for number, name in enumerate(FOREIGN)
    ]


@pytest.mark.parametrize(
    ("watch", "wanted"),
    [
        (watched(3), "stopped-tls"),
        (watched(2), "stopped-tls"),
        (watched(1), "unstable"),
        (watched(0), "unstable"),
        (watched(3, takes=9.0), "unstable"),
        (watched(0, seconds=20.0), "stopped-tls"),
        ([*watched(0), *watched(3, seconds=5.0)], "stopped-tls"),
        ([*watched(3, seconds=0.5), *watched(0)], "unstable"),
        ([], "stopped-tls"),
    ],
    ids=[
        "the controls are heard all the while",
        "two of three are",
        "only one is",
        "none is: the line was dead",
        "all, but too late",
        "none, when the try was over",
        "none at first, then all",
        "all while the connection was made, and none after it",
        "nobody asked, as in older rounds",
    ],
)
def test_a_second_try_counts_if_the_line_was_alive_meanwhile(watch: list[Observation], wanted: str) -> None:
    waits = {
        "time": START - timedelta(seconds=1),
        "phases": Phases(connect=2.0),
    }  # from a second after START on
    tries = twice(broken, GENUINE, "tls", "generic_timeout_error", **waits)
    assert platform(judge([*OK, dns(GENUINE), *tries, *watch])).rule == wanted
