"""What the path is good for, on the wire and by the clock: rates, throughput, delay."""

import time
from collections.abc import Callable

import pytest

from lab.measure import goodput, overload, round_trips
from lab.scenario import Police, Rule, Scenario, Shape, Trigger
from lab.session import LabSession

pytestmark = [pytest.mark.lab, pytest.mark.alone]

Load = Callable[..., LabSession]

RATES = (1_000.0, 10_000.0, 130_000.0, 1_000_000.0, 10_000_000.0, 50_000_000.0)
# A machine that stalls for 5 ms loses tokens of a bucket at 50 Mbit/s. It seldom does so thrice; a wrong rate does.
TRIES = 3


def closest(measure: Callable[[], float], rate: float) -> float:
    """The first try within 5 percent of the rate, else the last."""
    found = measure()
    for _ in range(TRIES - 1):
        if found == pytest.approx(rate, rel=0.05):
            break
        found = measure()
    return found


@pytest.mark.parametrize("rate", RATES)
def test_a_shaped_rate_is_the_set_rate(load: Load, rate: float) -> None:
    lab = load(
        Rule(name="slow", trigger=Trigger(protocols=("udp",)), action=Shape(rate=rate), direction="down")
    )
    assert closest(lambda: overload(lab, rate), rate) == pytest.approx(rate, rel=0.05)


@pytest.mark.parametrize("rate", RATES)
def test_a_policed_rate_is_the_set_rate(load: Load, rate: float) -> None:
    action = Police(rate=rate, burst=32_000)
    lab = load(Rule(name="slow", trigger=Trigger(protocols=("udp",)), action=action, direction="down"))
    assert closest(lambda: overload(lab, rate, burst=32_000), rate) == pytest.approx(rate, rel=0.05)


@pytest.mark.parametrize("rate", [130_000.0, 1_000_000.0, 20_000_000.0])
def test_a_shaped_download_has_the_rates_goodput(load: Load, rate: float) -> None:
    lab = load(
        Rule(name="slow", trigger=Trigger(protocols=("tcp",)), action=Shape(rate=rate), direction="down")
    )
    payload_share = 1448 / 1500  # of a full-size segment with timestamps
    assert closest(lambda: goodput(lab, int(rate / 8 * 1.5)), rate * payload_share) == pytest.approx(
        rate * payload_share, rel=0.05
    )


def test_the_delay_is_the_set_delay_within_a_millisecond(load: Load) -> None:
    for one_way in (0.002, 0.050):
        times = round_trips(load(one_way_delay=one_way), 40)
        # Of the quicker quarter: the others may have waited for a machine that is busy elsewhere.
        assert 0 <= times[len(times) // 4] - 2 * one_way < 0.001


def test_the_path_carries_300_megabits_with_20_milliseconds(load: Load) -> None:
    lab = load(one_way_delay=0.010)
    best = max(goodput(lab, 60_000_000) for _ in range(3))
    assert best > 300e6


def test_a_lab_is_ready_within_half_a_second(require_lab: None) -> None:
    def open_one() -> float:
        begun = time.monotonic()
        with LabSession(Scenario(name="fast", title="Fast")):
            return time.monotonic() - begun

    assert min(open_one() for _ in range(3)) < 0.5
