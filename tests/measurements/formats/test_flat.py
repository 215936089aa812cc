"""What of an observation stands in the flat table."""

from typing import Any

import pytest

from measurements.formats.flat import NAMES, flat_row
from measurements.records import TransferFacts
from tests.records import observation


@pytest.mark.parametrize(
    ("facts", "pair"),
    [
        pytest.param({}, "p", id="a download over TCP"),
        pytest.param({"protocol": "quic"}, None, id="QUIC is in no comparison"),
        pytest.param({"direction": "upload"}, None, id="nor is an upload"),
    ],
)
def test_only_downloads_over_tcp_are_paired(facts: dict[str, Any], pair: str | None) -> None:
    transfer = TransferFacts(pair="p", arm="helper", goodput=1000.0, **facts)
    row = flat_row(observation(probe="transfer", transfer=transfer))
    assert row is not None
    values = dict(zip(NAMES, row, strict=True))
    assert (values["pair"], values["arm"]) == (pair, pair and "helper")
    assert values["goodput_bytes_per_second"] == 1000.0


@pytest.mark.parametrize(
    ("given", "stands"),
    [
        pytest.param({"family": 6, "failure": "network_unreachable"}, False, id="no route for IPv6"),
        pytest.param({"family": 4, "failure": "host_unreachable"}, True, id="IPv4 that a router refuses"),
        pytest.param({"failure": "connection_reset", "flags": ("suspended",)}, False, id="the device slept"),
        pytest.param({"failure": "interrupted"}, False, id="cancelled"),
    ],
)
def test_what_says_nothing_about_a_platform_is_no_row(given: dict[str, Any], stands: bool) -> None:
    assert (flat_row(observation(**given)) is not None) == stands
