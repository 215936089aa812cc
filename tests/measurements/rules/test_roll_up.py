"""Which endpoints speak for their platform."""

from typing import Any

import pytest

from measurements.records import Observation
from measurements.targets import Endpoint
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


def test_the_worst_endpoint_speaks_for_the_platform() -> None:
    api = Endpoint(id="api", url="https://api.video.example/", probes=("dns", "tls"))
    rows = [*OK, dns(GENUINE), page(), dns(SECOND, endpoint="api"),
            *twice(broken, SECOND, "tls", "connection_reset", endpoint="api", probe="tls")]  # fmt: skip
    lines = judge(rows, WEB, api)
    assert (platform(lines).verdict, platform(lines).stage) == ("blocked", "tls")
    assert platform(lines).reason.startswith("api: ")


def endpoint(name: str, **fields: Any) -> Endpoint:
    url = f"https://{name}.video.example/"
    return Endpoint(id=name, url=url, probes=("dns", "tls"), **fields)


STOPPED = [
    dns(SECOND, endpoint="api"),
    *twice(broken, SECOND, "tls", "connection_reset", endpoint="api", probe="tls"),
]
SWITCHED_OFF = [
    dns(SECOND, endpoint="api"),
    *twice(broken, SECOND, "connect", "connection_refused", endpoint="api", probe="tls"),
]


@pytest.mark.parametrize(
    ("endpoints", "rows", "wanted"),
    [
        ([WEB, endpoint("api")], SWITCHED_OFF, "blocked"),
        ([WEB, endpoint("api", verified=False)], SWITCHED_OFF, "accessible"),
        ([WEB, endpoint("api", verified=False)], STOPPED, "blocked"),
        ([endpoint("api", verified=False)], SWITCHED_OFF, "blocked"),
    ],
    ids=[
        "an entry known to work",
        "an entry nobody has tried that may be switched off",
        "an entry nobody has tried that is stopped at its name",
        "an entry nobody has tried that stands alone",
    ],
)
def test_who_speaks_for_the_platform(endpoints: list[Endpoint], rows: list[Observation], wanted: str) -> None:
    lines = judge([*OK, dns(GENUINE), page(), *rows], *endpoints)
    assert platform(lines).verdict == wanted
    assert next(line for line in lines if line.endpoint == "api").verdict == "blocked", "its own line says so"
