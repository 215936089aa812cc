"""Which pages a round leaves alone for a day."""

from datetime import timedelta
from typing import Any

import pytest

from measurements.refusals import refused_pages
from tests.measurements.rules.world import START, page

WEB = {("target", "video", "web")}


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        pytest.param({"status": 403, "expected": None}, WEB, id="forbidden"),
        pytest.param({"status": 429, "expected": False}, WEB, id="too many requests"),
        pytest.param({"status": 403, "expected": True}, WEB, id="forbidden, as its targets file allows"),
        pytest.param({"status": 503, "expected": False}, set(), id="out of order"),
        pytest.param(
            {"status": 403, "expected": False, "cleartext": True},
            set(),
            id="in clear text anybody may say so",
        ),
        pytest.param({"status": 403, "time": START - timedelta(days=1)}, WEB, id="nearly a day ago"),
        pytest.param({"status": 403, "time": START - timedelta(days=2)}, set(), id="two days ago"),
    ],
)
def test_refused_pages(answer: dict[str, Any], refused: set[Any]) -> None:
    given = {"expected": None, **answer}
    assert refused_pages([page(**given)], START + timedelta(hours=-1)) == refused
