"""Whether data cost money: what was asked for, else what was said, else how consent came."""

from datetime import UTC, datetime

import pytest

from vantage.budget import is_metered
from vantage.consent import TEXT_VERSION, Consent
from vantage.line import Stated


@pytest.mark.parametrize(
    ("said", "stated", "interactive", "metered"),
    [
        ("yes", False, False, True),
        ("no", True, True, False),
        ("auto", True, False, True),
        ("auto", False, True, False),
        ("auto", None, True, True),
        ("auto", None, False, False),
    ],
    ids=[
        "the option says yes",
        "the option says no",
        "data once said to cost money",
        "data once said to be free",
        "unknown, and a person agreed",
        "unknown, on a server",
    ],
)
def test_a_line_is_metered_by_option_then_by_word_then_by_consent(
    said: str, stated: bool | None, interactive: bool, metered: bool
) -> None:
    consent = Consent(time=datetime.now(UTC), text_version=TEXT_VERSION, interactive=interactive)
    assert is_metered(said, Stated(metered=stated), consent) is metered
    if stated is None:
        assert is_metered(said, None, consent) is metered
