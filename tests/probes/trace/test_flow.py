"""Bisecting for the hop from which flows turn slow: `seconds` is a table here, the kernel's part runs in the lab."""

import pytest

from probes.trace.evidence import Finding
from probes.trace.flow import locate


@pytest.mark.parametrize(
    ("seconds", "finding"),
    [
        pytest.param([0.3, 0.3, 0.3, 0.3, 0.3, 0.3], Finding("none"), id="never slow"),
        pytest.param(
            [0.3, 9.0, 9.0, 9.0, 9.0, 9.0], Finding("slowed", 1, 1), id="slow from the first hop on"
        ),
        pytest.param([0.3, 0.3, 0.3, 9.0, 9.0, 9.0], Finding("slowed", 3, 3), id="slow from the third on"),
        pytest.param([0.3, 0.3, 0.3, 0.3, 0.3, 9.0], Finding("slowed", 5, 5), id="slow at the last only"),
        pytest.param([1.5, 1.5, 1.5, 4.0, 4.0, 4.0], Finding("none"), id="less than three times its control"),
        pytest.param(
            [3.0, 9.0, 9.0, 9.0, 9.0, 9.0], Finding("unclear", reason="control_slow"), id="slow anyway"
        ),
        pytest.param([None] * 6, Finding("unclear", reason="control_silent"), id="nothing to download"),
        pytest.param(
            [0.3, 0.3, 0.3, 0.3, 0.3, None], Finding("unclear", reason="flow_failed"), id="it broke off"
        ),
    ],
)
def test_a_hop_from_the_seconds_of_each_flow(seconds: list[float | None], finding: Finding) -> None:
    assert locate(lambda ttl, _: seconds[ttl], 6) == finding


def test_a_hop_that_is_slow_once_and_not_again_is_not_named() -> None:
    taken = iter([0.3, 9.0, 9.0, 0.3, 0.3])
    assert locate(lambda *_: next(taken), 4) == Finding("unclear", reason="unsteady")
