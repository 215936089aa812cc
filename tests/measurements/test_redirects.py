"""A stored redirect names its host, whatever was scrubbed from it."""

import pytest

from measurements.redirects import host_of
from measurements.scrub import MARK, scrubber


@pytest.mark.parametrize(
    ("sent", "host"),
    [
        ("https://www.video.example/a", "www.video.example"),
        ("/relative", None),
        ("http://10.10.34.34:8080/why", MARK),
        ("http://[2001:db8::1]/why", MARK),
    ],
)
def test_the_host_of_a_redirect_as_it_is_stored(sent: str, host: str | None) -> None:
    assert host_of(scrubber()(sent)) == host
