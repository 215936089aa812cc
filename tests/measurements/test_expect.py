"""What a good answer must have, one expectation at a time."""

import pytest

from measurements.expect import expects_status, missed
from measurements.targets import Expect


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        pytest.param(Expect(), None, id="nothing expected is always met"),
        pytest.param(Expect(status=200), None, id="the status named"),
        pytest.param(Expect(status=(204, 200)), None, id="one of the statuses named"),
        pytest.param(Expect(status=204), "status 200, expected 204", id="another status"),
        pytest.param(Expect(title_contains="Tube"), None, id="a word of the title"),
        pytest.param(Expect(title_contains="tube"), "title without 'tube'", id="case counts"),
        pytest.param(Expect(body_contains="hello"), None, id="a word of the body"),
        pytest.param(Expect(min_bytes=10), None, id="exactly enough bytes"),
        pytest.param(Expect(min_bytes=11), "10 bytes, expected 11 or more", id="a byte too few"),
        pytest.param(
            Expect(status=204, min_bytes=11), "status 200, expected 204", id="the first one missed is named"
        ),
    ],
)
def test_each_expectation_is_held(expect: Expect, words: str | None) -> None:
    assert missed(expect, 200, "say hello!", "YouTube", 10) == words


def test_a_page_without_a_title_misses_any_title() -> None:
    assert missed(Expect(title_contains="x"), 200, "", None, 0) == "title without 'x'"


def test_no_status_named_means_any() -> None:
    assert expects_status(Expect(), 503)
    assert not expects_status(Expect(status=200), 503)
