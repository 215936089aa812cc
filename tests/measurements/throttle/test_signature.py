"""Mechanism, rate, burst and scope of known slowings."""

from collections.abc import Callable
from typing import Any

import pytest

from measurements.throttle.decision import decide, decide_platform
from measurements.throttle.evidence import Extra, SessionEvidence, Together
from measurements.throttle.flow import Flow
from measurements.throttle.line import throttle_line
from measurements.throttle.pair import Pair
from measurements.throttle.scope import rate_alone, rate_of_all, scope
from measurements.throttle.signature import Signature, signature

Flows = Callable[..., Flow]
Pairs = Callable[..., tuple[Pair, ...]]
Sessions = Callable[..., SessionEvidence]

RATE = 16_000.0  # 128 kbit/s


def capped(burst: int, wobble: float = 1.0, rate: float = RATE) -> dict[str, Any]:
    """Series of a flow that runs at `rate` after `burst` bytes at line speed."""
    times, sizes, time, size = [], [], 0.0, 0
    while time < 10.0:
        size += 1448
        time += 1448 / (500_000.0 if size <= burst else rate * wobble)
        times.append(time)
        sizes.append(size)
    return {
        "times": tuple(times),
        "sizes": tuple(sizes),
        "elapsed": 10.0,
        "complete": False,
        "handshake_bytes": 0,
    }


DROPPING = {"out_of_order": 0.15, "rtt": 0.06, "min_rtt": 0.05}
QUEUEING = {"out_of_order": 0.0, "rtt": 1.5, "min_rtt": 0.05}
FROZEN = {"sizes": (4000, 18_000), "times": (0.0, 0.05), "elapsed": 10.0, "complete": False, "stalled": True}

HELD_BACK = {"out_of_order": 0.0, "rtt": 0.86, "min_rtt": 0.06, "first_byte": 0.86, "resent": 3}

CASES: dict[str, tuple[dict[str, Any], str]] = {
    "every packet late from the first on is delayed": (capped(0) | HELD_BACK, "delayed"),
    "acknowledgements lost are the upload though every flow stops at the same byte": (
        FROZEN | {"out_of_order": 0.0, "repeated": 4.0, "rtt": 0.06, "min_rtt": 0.05},
        "upload",
    ),
    "an answer that never begins after a slow handshake is the handshake's": (
        {
            "sizes": (),
            "times": (),
            "elapsed": 15.0,
            "complete": False,
            "stage": "first_byte",
            "failure": "generic_timeout_error",
            "handshake": 5.2,
            "status": None,
            "resent": 6,
        },
        "handshake_delay",
    ),
    "a queue that makes us send again is still a shaper": (capped(0) | QUEUEING | {"resent": 2}, "shaper"),
    "a steady rate with drops is a policer": (capped(32_000) | DROPPING, "policer"),
    "a steady rate with a queue is a shaper": (capped(0) | QUEUEING, "shaper"),
    "a steady rate after 200 kB is delayed": (capped(200_000) | DROPPING, "delayed"),
    "a steady rate after 200 kB is delayed though some segments come twice": (
        capped(200_000) | {"out_of_order": 0.0, "repeated": 4.0, "rtt": 0.06, "min_rtt": 0.05},
        "delayed",
    ),
    "a stop at the same byte is truncation": (FROZEN, "truncation"),
    "our packets lost, theirs not, is the upload": (
        capped(16_000) | {"out_of_order": 0.0, "resent": 2, "rtt": 0.06, "min_rtt": 0.05},
        "upload",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_mechanism(name: str, pairs: Pairs, session: Sessions) -> None:
    changes, expected = CASES[name]
    evidence = session(pairs(of_target=changes))
    assert signature(evidence, decide(evidence)).mechanism == expected


SCATTER = (0.6, 1.5, 0.8, 1.3, 1.0, 0.5, 1.7, 0.9, 1.2, 0.7)


@pytest.mark.parametrize(
    ("packets", "mechanism"),
    [
        pytest.param(DROPPING, "loss", id="drops"),
        pytest.param(DROPPING | {"retransmitted": 0.4}, "policer", id="much was sent again"),
        pytest.param({"out_of_order": None}, None, id="nobody counted packets"),
    ],
)
def test_rates_that_scatter_are_told_apart_by_their_packets(
    packets: dict[str, Any], mechanism: str | None, pairs: Pairs, session: Sessions
) -> None:
    scattered = tuple(
        pair
        for i, wobble in enumerate(SCATTER)
        for pair in pairs(i + 1, of_target=capped(16_000, wobble, 5_000.0) | packets)[-1:]
    )
    evidence = session(scattered)
    found = signature(evidence, decide(evidence))
    assert (found.mechanism, found.clamp) == (mechanism, False)


def test_a_flow_that_ends_soon_after_its_burst_still_has_a_rate(pairs: Pairs, session: Sessions) -> None:
    short = capped(32_000, rate=64_000.0)
    sizes = tuple(size for size in short["sizes"] if size <= 130_000)
    times = short["times"][: len(sizes)]
    ended = {"sizes": sizes, "times": times, "elapsed": times[-1], "complete": True}
    evidence = session(pairs(control=2e6, of_target=short | ended | DROPPING))
    found = signature(evidence, decide(evidence))
    assert found.mechanism == "policer"
    assert found.rate == pytest.approx(64_000 * 1500 / 1448, rel=0.05)


@pytest.mark.parametrize(
    ("others", "known"),
    [
        pytest.param(1.0, True, id="the same in all flows: a cap's"),
        pytest.param(1.6, False, id="another in every second flow: no cap's"),
    ],
)
def test_flows_too_brief_to_settle_have_the_rate_of_their_goodput(
    others: float, known: bool, pairs: Pairs, session: Sessions
) -> None:
    """A cap of 2 Mbit/s lets half a megabyte through in two seconds."""

    def brief(times: float) -> dict[str, Any]:
        course = capped(32_000, wobble=times, rate=250_000.0)
        sizes = tuple(size for size in course["sizes"] if size <= 200_000)
        ended = {"sizes": sizes, "times": course["times"][: len(sizes)], "complete": True}
        return course | ended | {"elapsed": ended["times"][-1]}

    each = [pairs(count=1, control=2e6, of_target=brief(times))[0] for times in (1.0, others) * 5]
    evidence = session(each, before={})
    rate = signature(evidence, decide(evidence)).rate
    assert rate == (pytest.approx(250_000 * 1500 / 1448, rel=0.02) if known else None)


# Seconds and bytes of a flow through a bucket of 20 kB that fills at 150 kbit/s, between a Linux sender and ours.
STEPS = (
    (0.0, 11_568), (0.05, 18_799), (0.39, 20_245), (0.44, 24_583), (0.73, 26_029), (0.77, 30_367), (1.11, 31_813),
    (1.15, 36_151), (1.44, 39_044), (1.48, 43_382), (1.77, 44_828), (1.82, 49_166), (2.14, 50_612), (2.19, 57_842),
    (2.57, 59_288), (2.61, 63_627), (2.95, 66_519), (2.99, 72_303),
)  # fmt: skip


@pytest.mark.parametrize("waited", [0.01, 0.2])
def test_the_rate_of_a_flow_in_steps_is_its_bucket_s_wherever_the_flow_ends(
    waited: float, pairs: Pairs, session: Sessions
) -> None:
    times, sizes = zip(*STEPS, strict=True)
    seen = {"times": times, "sizes": sizes, "elapsed": times[-1] + waited, "complete": False}
    evidence = session(pairs(of_target=seen | DROPPING))
    assert signature(evidence, decide(evidence)).rate == pytest.approx(150_000 / 8, rel=0.02)


# A flow behind a queue of 40 kB that empties at 150 kbit/s; it ran over after three seconds and lost many segments.
QUEUED = (
    (0.0, 1446), (0.12, 4338), (0.28, 7230), (0.45, 10_122), (0.6, 13_015), (0.76, 15_907), (0.92, 18_799),
    (1.08, 21_691), (1.25, 24_583), (1.4, 27_475), (1.56, 30_367), (1.72, 33_259), (1.88, 36_151), (2.04, 39_044),
    (2.2, 41_936), (2.36, 44_828), (2.52, 47_720), (2.68, 50_612), (2.84, 53_504), (3.0, 56_396), (3.16, 59_288),
    (3.32, 62_181), (5.56, 92_548),
)  # fmt: skip


@pytest.mark.parametrize("reads", [len(QUEUED), len(QUEUED) - 1])
def test_the_rate_of_a_queue_is_that_between_waits_for_lost_segments(
    reads: int, pairs: Pairs, session: Sessions
) -> None:
    times, sizes = zip(*QUEUED[:reads], strict=True)
    seen = {"times": times, "sizes": sizes, "elapsed": 6.0, "complete": False}
    evidence = session(pairs(of_target=seen | QUEUEING))
    assert signature(evidence, decide(evidence)).rate == pytest.approx(150_000 / 8, rel=0.02)


def test_a_slow_flow_that_ends_waiting_for_lost_segments_is_not_delayed(
    pairs: Pairs, session: Sessions
) -> None:
    course = capped(0, rate=36_000.0)
    sizes = tuple(size for size in course["sizes"] if size <= 68_000)
    waiting = {"sizes": sizes, "times": course["times"][: len(sizes)], "elapsed": 3.0}
    evidence = session(pairs(of_target=course | waiting | QUEUEING))
    found = signature(evidence, decide(evidence))
    assert found.mechanism == "shaper"
    assert found.rate == pytest.approx(36_000 * 1500 / 1448, rel=0.02)


def test_controls_that_hardly_differ_say_nothing_of_a_clamp(pairs: Pairs, session: Sessions) -> None:
    alike = tuple(
        pair
        for i, wobble in enumerate((1.0, 1.02, 0.98, 1.01, 0.99, 1.03, 0.97, 1.0, 1.02, 0.98))
        for pair in pairs(
            i + 1, of_target=capped(16_000, wobble) | DROPPING, of_control=capped(0, wobble, 500_000.0)
        )[-1:]
    )
    evidence = session(alike)
    found = signature(evidence, decide(evidence))
    assert (found.mechanism, found.clamp) == ("policer", True)


def test_a_queue_that_the_control_has_too_is_the_line_s(pairs: Pairs, session: Sessions) -> None:
    evidence = session(
        pairs(of_target=capped(32_000) | QUEUEING | {"out_of_order": 0.15}, of_control={"rtt": 1.6})
    )
    assert signature(evidence, decide(evidence)).mechanism == "policer"


def test_slow_handshakes_have_their_own_mechanism(pairs: Pairs, session: Sessions) -> None:
    evidence = session(pairs(target=500_000.0, of_target={"handshake": 4.0}))
    found = signature(evidence, decide(evidence))
    assert (found.mechanism, found.rate) == ("handshake_delay", None)


def test_rate_and_burst_are_those_of_the_packets(pairs: Pairs, session: Sessions) -> None:
    evidence = session(pairs(of_target=capped(32_000) | DROPPING))
    found = signature(evidence, decide(evidence))
    assert found.rate == pytest.approx(RATE * 1500 / 1448, rel=0.02)
    assert found.burst == pytest.approx(32_000 * 1500 / 1448, rel=0.1)


def test_a_delayed_onset_is_given_in_bytes_and_seconds(pairs: Pairs, session: Sessions) -> None:
    evidence = session(pairs(of_target=capped(200_000) | DROPPING))
    found = signature(evidence, decide(evidence))
    assert found.onset_bytes == pytest.approx(200_000, rel=0.1)
    assert found.onset_seconds == pytest.approx(0.4, rel=0.2)


def test_flows_that_ended_before_a_late_slowing_say_nothing_of_it(
    pairs: Pairs, session: Sessions, flow: Flows
) -> None:
    late = capped(1_000_000) | DROPPING
    long = Pair(arm="same_address", target=flow("target", cap=2_000_000, **late), control=flow(cap=2_000_000))
    longer = pairs(of_target=late | {"cap_bytes": 1_256_000}, of_control={"cap": 1_256_000})
    evidence = session(pairs(target=500_000.0) + longer, long=long)
    found = signature(evidence, decide(evidence))
    assert (found.mechanism, found.flows) == ("delayed", 10)
    assert found.burst == pytest.approx(1_000_000 * 1500 / 1448, rel=0.05)


def test_nothing_is_said_of_a_session_that_is_not_throttled(pairs: Pairs, session: Sessions) -> None:
    evidence = session(pairs(target=500_000.0))
    assert signature(evidence, decide(evidence)) == Signature()
    assert scope(decide(evidence)) is None


SHARING: dict[str, tuple[Together, str]] = {
    "two flows get twice as much": (Together(alone=1.0, two=1.9), "connection"),
    "two flows share one rate": (Together(alone=1.0, two=1.0), "sni"),
    "two addresses get twice as much": (Together(alone=1.0, two=1.1, two_addresses=2.0), "address"),
    "two addresses share one rate": (Together(alone=1.0, two=1.0, two_addresses=1.1), "sni"),
    "two names share one rate": (
        Together(alone=1.0, two=1.0, two_addresses=1.1, two_names=1.0),
        "subscriber",
    ),
    "two names get twice as much": (Together(alone=1.0, two=1.0, two_addresses=1.1, two_names=2.0), "sni"),
}


def test_flows_that_take_turns_in_one_bucket_are_counted_over_the_same_time(flow: Flows) -> None:
    turns = [
        flow("target", sizes=(30_000, 60_000), times=(begin, begin + 2.0), elapsed=4.0, complete=False)
        for begin in (0.5, 1.5)
    ]
    assert rate_of_all(turns) == pytest.approx(30_000)


@pytest.mark.parametrize("name", SHARING)
def test_scope_by_sharing(name: str, pairs: Pairs, session: Sessions) -> None:
    together, expected = SHARING[name]
    assert scope(decide(session(pairs())), together) == expected


@pytest.mark.parametrize(
    ("inverted", "expected"), [(1.1, "address"), (50.0, "connection"), (None, "connection")]
)
def test_unreadable_flows_that_are_as_slow_tell_the_address(
    inverted: float | None, expected: str, pairs: Pairs, session: Sessions
) -> None:
    together = Together(alone=1.0, two=2.0)
    assert scope(decide(session(pairs())), together, Extra(inverted=inverted)) == expected


def test_of_packets_lost_one_by_one_two_flows_tell_nothing(pairs: Pairs, session: Sessions) -> None:
    chance = Together(alone=1.0, two=1.0, two_addresses=2.0)
    assert scope(decide(session(pairs())), chance, mechanism="loss") == "sni"


def test_one_flow_alone_is_counted_as_two_at_once_and_only_where_it_went_as_far(flow: Flows) -> None:
    late = flow("target", **capped(100_000), cap=400_000)
    assert rate_alone([late, late, flow("target", cap=200_000)]) == pytest.approx(RATE, rel=0.1)
    assert rate_alone([]) is None


def test_without_flows_side_by_side_the_arms_tell_the_name(pairs: Pairs, session: Sessions) -> None:
    assert scope(decide(session(pairs(arm="helper")))) == "sni"


def test_the_line_holds_the_deciding_arms_numbers(pairs: Pairs, session: Sessions) -> None:
    evidence = session(pairs(), plan="unknown")
    decision = decide(evidence)
    platform = decide_platform([decision])
    line = throttle_line(platform, signature(evidence, decision), scope(decision), 5_000_000, 1700.0)
    assert (line.verdict, line.control_arm, line.pairs, line.scope) == (
        "throttled",
        "same_address",
        10,
        "sni",
    )
    assert line.ratio is not None
    assert line.ratio < 0.05
    assert line.reason is not None
    assert "tariff_not_excluded" in line.reason


def test_the_line_of_a_clean_platform_says_how_far_it_was_looked(pairs: Pairs, session: Sessions) -> None:
    evidence = session(pairs(target=500_000.0))
    platform = decide_platform([decide(evidence)])
    line = throttle_line(platform, signature(evidence, platform.family), None, 5_000_000, 1700.0)
    assert line.verdict == "not_throttled"
    assert line.up_to_bytes == pytest.approx(2_000_000, rel=0.01)
    assert line.up_to_seconds == pytest.approx(4.0, rel=0.01)
