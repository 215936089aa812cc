"""No address of the vantage survives in stored text."""

import pytest

from measurements.scrub import MARK, scrubber

scrub = scrubber(["aigerim-laptop", "ab"])


@pytest.mark.parametrize(
    "text",
    ["203.0.113.7", "2001:db8::1", "::ffff:203.0.113.7", "fe80::1", "2a00:1450:4010:c0e:0:0:0:8b", "00:1a:2B:3c:4d:5e",
     "00-1a-2b-3c-4d-5e", "AIGERIM-laptop"],
)  # fmt: skip
def test_scrubbed(text: str) -> None:
    assert text not in scrub(f"your address is {text}, dear {text}")
    assert MARK in scrub(text)


@pytest.mark.parametrize(
    "text", ["HTTP/1.1 200 OK", "12:30:45", "version 1.2.3", "std::vector", "Mon, 05 Jan 2026", "abstract ab"]
)
def test_left_alone(text: str) -> None:
    assert scrub(text) == text
