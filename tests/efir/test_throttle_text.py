"""What a throttling session's line reads like."""

import pytest

from efir.show.throttle import result_texts, series_text
from measurements.records import SeriesLine, ThrottleLine

SLOW = SeriesLine(
    protocol="quic",
    direction="download",
    verdict="throttled",
    ratio=0.0624,
    ratio_low=0.0578,
    ratio_high=0.0725,
    pairs=10,
)


@pytest.mark.parametrize(
    ("series", "text"),
    [
        pytest.param(
            SLOW, "QUIC: slowed down, target / control: 0.062 (0.058-0.072), 10 pairs", id="QUIC slowed"
        ),
        pytest.param(
            SeriesLine(
                protocol="tcp",
                direction="upload",
                verdict="inconclusive",
                ratio=0.97,
                pairs=4,
                reason="no_sign",
            ),
            "upload: cannot be said, target / control: 0.97, 4 pairs, "
            "the first pairs showed no slowing, so no more were run",
            id="an upload that showed nothing",
        ),
        pytest.param(
            SeriesLine(protocol="quic", direction="download", verdict="inconclusive", reason="blocked"),
            "QUIC: cannot be said, flows were reset, refused or met with silence: that is blocking, not slowness",
            id="blocked",
        ),
    ],
)
def test_a_further_series_is_one_line(series: SeriesLine, text: str) -> None:
    assert series_text(series) == text


def test_further_series_stand_in_the_result() -> None:
    line = ThrottleLine(platform="youtube", verdict="not_throttled", reason="quic_slowed", series=(SLOW,))
    texts = list(result_texts(line))
    assert "over QUIC the platform is slowed, which browsers prefer where it works" in texts
    assert series_text(SLOW) in texts
