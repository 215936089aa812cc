"""Which platform a measurement of OONI's is about, by the targets that come with Efir."""

import pytest

from analysis.ooni.platforms import platforms_of
from measurements.targets_file import load_targets

# Name: (test, input, platform).
CASES = {
    "an app's test": ("facebook_messenger", None, "facebook"),
    "a web host": ("web_connectivity", "https://www.youtube.com/", "youtube"),
    "another name of its site": ("web_connectivity", "https://m.youtube.com/", "youtube"),
    "a data centre by its address": ("urlgetter", "tcpconnect://149.154.167.51:443", "telegram"),
    "a host of none": ("web_connectivity", "https://example.org/x", "example.org"),
    "a test without a target": ("ndt", None, None),
}


@pytest.mark.parametrize(("test", "given", "platform"), CASES.values(), ids=CASES.keys())
def test_platform_of_a_measurement(test: str, given: str | None, platform: str | None) -> None:
    targets = load_targets(None)
    assert platforms_of(targets).of_measurement(test, given) == platform
