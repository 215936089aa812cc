"""Goodput of flows as they come: steady, jumpy, frozen, short, buffered."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.throttle.flow import Flow, goodput, goodputs, longest_gap, time_at

Flows = Callable[..., Flow]


def test_a_steady_flow_has_its_rate_over_any_window(flow: Flows) -> None:
    target, control = flow("target", 20_000.0), flow(rate=500_000.0)
    assert goodputs(target, control) == pytest.approx((20_000.0, 500_000.0), rel=0.01)


def test_slow_start_and_the_burst_lie_before_the_window(flow: Flows) -> None:
    sizes = (1448, 40_000, 100_000, 200_000)
    bursty = flow(sizes=sizes, times=(0.0, 0.01, 6.01, 16.01), elapsed=16.01, complete=True)
    assert goodput(bursty) == pytest.approx(10_000.0, rel=0.01)


def test_a_flow_frozen_before_64_kb_counts_its_bytes_over_its_time(flow: Flows) -> None:
    frozen = flow(
        "target", sizes=(4000, 18_000), times=(0.0, 0.1), elapsed=10.0, complete=False, stalled=True
    )
    assert goodputs(frozen, flow())[0] == pytest.approx(1800.0)


def test_a_flow_frozen_after_64_kb_counts_its_wait(flow: Flows) -> None:
    frozen = flow(
        "target",
        sizes=(10_000, 60_000, 100_000),
        times=(0.0, 0.1, 0.2),
        elapsed=10.0,
        complete=False,
        stalled=True,
    )
    assert goodputs(frozen, flow())[0] < 5000.0


def test_a_handshake_that_drips_counts_its_bytes(flow: Flows) -> None:
    drip = flow("target", sizes=(), times=(), elapsed=10.0, complete=False, handshake_bytes=1250)
    assert goodputs(drip, flow())[0] == pytest.approx(125.0)


def test_a_short_object_is_timed_whole(flow: Flows) -> None:
    short = flow(sizes=(10_000, 40_000), times=(0.0, 0.4), elapsed=0.4, complete=True)
    assert goodput(short) == pytest.approx(100_000.0)


def test_a_body_read_in_one_go_is_timed_from_the_request(flow: Flows) -> None:
    at_once = flow(sizes=(300_000,), times=(0.0,), elapsed=0.0, first_byte=0.1, complete=True)
    assert goodput(at_once) == pytest.approx(3e6)
    tiny = flow(sizes=(20_000,), times=(0.0,), elapsed=0.0, first_byte=0.1, complete=True)
    assert goodput(tiny) == pytest.approx(2e5)


def test_bytes_that_waited_in_the_buffer_are_spread_over_the_gap(flow: Flows) -> None:
    clump = flow(sizes=(1000, 51_000, 101_000, 301_000), times=(0.0, 0.5, 1.0, 3.0), elapsed=3.0)
    assert time_at(clump, 201_000) == pytest.approx(2.0)


def test_the_end_of_a_stalled_flow_is_its_longest_gap(flow: Flows) -> None:
    assert longest_gap(flow(sizes=(1, 2), times=(0.0, 1.0), elapsed=9.0, complete=False)) == 8.0


reads = st.lists(
    st.tuples(st.integers(1, 60_000), st.floats(0.0, 2.0, allow_nan=False)), min_size=1, max_size=40
)


@given(reads, reads, st.booleans(), st.booleans())
def test_goodput_is_always_a_positive_finite_number(
    one: list[tuple[int, float]], other: list[tuple[int, float]], complete: bool, stalled: bool
) -> None:
    def of(series: list[tuple[int, float]]) -> Flow:
        sizes, times, size, time = [], [], 0, 0.0
        for more, wait in series:
            size, time = size + more, time + wait
            sizes.append(size)
            times.append(time)
        return Flow(
            role="target",
            sizes=tuple(sizes),
            times=tuple(times),
            elapsed=time,
            complete=complete,
            stalled=stalled,
        )

    for rate in goodputs(of(one), of(other)):
        assert 0 < rate < 60_000 * 40 / 0.001 + 1
