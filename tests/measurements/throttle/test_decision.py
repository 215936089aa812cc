"""The decision, as a table of sessions."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from measurements.throttle.decision import FamilyDecision, decide, decide_arm, decide_platform
from measurements.throttle.evidence import Baseline, Extra, SessionEvidence
from measurements.throttle.flow import Flow
from measurements.throttle.pair import Pair

Flows = Callable[..., Flow]
Pairs = Callable[..., tuple[Pair, ...]]
Sessions = Callable[..., SessionEvidence]

FAST = 500_000.0
FREEZE: dict[str, Any] = {
    "cap": 450_000,
    "complete": False,
    "stalled": True,
    "failure": "generic_timeout_error",
}
BASELINE = Baseline(d=(0.0, 0.1, -0.1, 0.05, -0.05) * 2, days=3, target_rtt=0.05, control_rtt=0.05)
DRIP: dict[str, Any] = {
    "sizes": (),
    "times": (),
    "complete": False,
    "elapsed": 10.0,
    "stage": "tls",
    "failure": "generic_timeout_error",
    "status": None,
    "certificate_valid": None,
    "handshake": None,
    "handshake_bytes": 1250,
}
FROZEN: dict[str, Any] = {
    "sizes": (4000, 18_000),
    "times": (0.0, 0.05),
    "elapsed": 10.0,
    "complete": False,
    "stalled": True,
    "stage": "transfer",
    "failure": "generic_timeout_error",
}
RESET: dict[str, Any] = {"complete": False, "stage": "transfer", "failure": "connection_reset"}
SILENT: dict[str, Any] = {
    "sizes": (),
    "times": (),
    "complete": False,
    "stage": "connect",
    "failure": "generic_timeout_error",
    "status": None,
    "handshake_bytes": 0,
}
MUTE: dict[str, Any] = SILENT | {"stage": "first_byte", "handshake_bytes": 1300}
FORGED: dict[str, Any] = {"certificate_valid": False, "stage": "tls", "failure": "ssl_unknown_authority"}

# name: (arguments of the pairs, changes of the session, verdict, reason or None)
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str, str | None]] = {
    "a cap of 128 kbit/s on a fast line is throttled": ({}, {}, "throttled", None),
    "equal speeds are not throttled": ({"target": FAST}, {}, "not_throttled", None),
    "six pairs are too few": ({"count": 6}, {}, "inconclusive", "few_pairs"),
    "1 kbit/s inside the handshake is slowness": ({"of_target": DRIP}, {}, "throttled", None),
    "a freeze after 18 kB is slowness": ({"of_target": FROZEN}, {}, "throttled", None),
    "reset flows are blocked, never slow": ({"of_target": RESET}, {}, "inconclusive", "blocked"),
    "forged certificates are not judged for speed": (
        {"of_target": FORGED},
        {},
        "inconclusive",
        "intercepted",
    ),
    "a 403 is another answer, not a slow one": (
        {"of_target": {"status": 403}},
        {},
        "inconclusive",
        "unavailable",
    ),
    "a 421 for the neutral name makes the arm unavailable": (
        {"of_control": {"status": 421}},
        {},
        "inconclusive",
        "unavailable",
    ),
    "objects that differ are not compared": (
        {"of_target": {"prefixes": ((1024, "aa"),)}, "of_control": {"prefixes": ((1024, "bb"),)}},
        {},
        "inconclusive",
        "unavailable",
    ),
    "a control below 1 Mbit/s hides any cap": ({"control": 100_000.0}, {}, "inconclusive", "slow_line"),
    "a control that never answers is no arm": ({"of_control": RESET}, {}, "inconclusive", "unreachable"),
    "both flows stalled is the line": (
        {"of_target": FROZEN, "of_control": FROZEN, "control": 300_000.0},
        {},
        "inconclusive",
        "slow_line",
    ),
    "suspended pairs are void": ({"of_target": {"flags": ("suspended",)}}, {}, "inconclusive", "void"),
    "a changed network ends it": ({}, {"network_changed": True}, "inconclusive", "network_changed"),
    "a cap near the line's speed is left open": (
        {"target": 300_000.0, "count": 18},
        {},
        "inconclusive",
        "mild",
    ),
    "half speed is left open": ({"target": 200_000.0, "count": 18}, {}, "inconclusive", "straddles"),
    "noisy controls forbid the verdict": ({}, {"noise": (2.0, -2.0) * 5}, "inconclusive", "noise"),
    "seven noise pairs are not yet known": ({}, {"noise": (2.0, -2.0) * 3}, "throttled", None),
    "slow handshakes alone are throttling": (
        {"target": FAST, "of_target": {"handshake": 4.0}},
        {},
        "throttled",
        None,
    ),
    "handshakes of two seconds more or less are": (
        {"target": FAST, "of_target": {"handshake": 1.9}},
        {},
        "throttled",
        None,
    ),
    "no class of a plan holds handshakes up for seconds": (
        {"target": 200_000.0, "control": 2e6, "of_target": {"handshake": 3.0}},
        {"plan": "unknown", "before": {}},
        "throttled",
        None,
    ),
    "handshakes of half a second are not": (
        {"target": FAST, "of_target": {"handshake": 0.5}},
        {},
        "not_throttled",
        None,
    ),
    "the helper alone can show throttling": ({"arm": "helper"}, {}, "throttled", None),
    "the helper alone never clears a platform": (
        {"arm": "helper", "target": FAST},
        {},
        "inconclusive",
        "only_helper",
    ),
    "a foreign control without baseline decides nothing": (
        {"arm": "foreign"},
        {},
        "inconclusive",
        "no_baseline",
    ),
    "a foreign control with baseline decides": (
        {"arm": "foreign"},
        {"baseline": BASELINE},
        "throttled",
        None,
    ),
    "a server always slow is not throttled against its baseline": (
        {"arm": "foreign", "target": 50_000.0},
        {"baseline": replace(BASELINE, d=tuple(d - 2.303 for d in BASELINE.d))},
        "not_throttled",
        None,
    ),
    "a baseline of two days does not count": (
        {"arm": "foreign"},
        {"baseline": replace(BASELINE, days=2)},
        "inconclusive",
        "no_baseline",
    ),
    "a control four round trips away does not compare": (
        {"arm": "foreign", "of_control": {"connect": 0.2}},
        {"baseline": BASELINE},
        "inconclusive",
        "no_baseline",
    ),
    "without a long pair a burst is not excluded": (
        {"target": FAST},
        {"long": None},
        "inconclusive",
        "no_long_pair",
    ),
    "a target at the rate of tariff classes may be a class of the plan": (
        {"target": 175_000.0, "control": 2_000_000.0},
        {"plan": "bundled"},
        "inconclusive",
        "tariff",
    ),
    "a plan that nobody has told of may have such a class too": (
        {"target": 175_000.0, "control": 2_000_000.0},
        {"plan": "unknown"},
        "inconclusive",
        "tariff",
    ),
    "no class is as slow as 1 Mbit/s": (
        {"target": 120_000.0, "control": 2_000_000.0},
        {"plan": "unknown"},
        "throttled",
        None,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_decision(name: str, pairs: Pairs, session: Sessions) -> None:
    of_pairs, of_session, verdict, reason = CASES[name]
    found = decide(session(pairs(**of_pairs), **of_session))
    assert (found.verdict, found.reason) == (verdict, reason)


def test_both_arms_are_told_apart(pairs: Pairs, session: Sessions) -> None:
    slow, clean = pairs(), pairs(arm="helper", target=FAST)
    found = decide(session(slow + clean))
    assert (found.verdict, found.deciding) == ("throttled", "same_address")
    assert {"addresses_too", "control_elsewhere_fine"} <= set(found.notes)


def test_slow_only_against_a_foreign_control_is_left_open(pairs: Pairs, session: Sessions) -> None:
    both = pairs(arm="foreign") + pairs(target=FAST)
    assert decide(session(both, baseline=BASELINE)).reason == "only_foreign"


def test_a_missing_baseline_does_not_stand_against_a_clean_address(pairs: Pairs, session: Sessions) -> None:
    both = pairs(arm="foreign", target=FAST) + pairs(target=FAST)
    assert decide(session(both)).verdict == "not_throttled"


def test_an_unavailable_arm_leaves_the_others(pairs: Pairs, session: Sessions) -> None:
    wrong_pin = pairs(arm="helper", of_target=FORGED, of_control=FORGED)
    nobody = pairs(arm="helper", of_target=RESET, of_control=RESET)
    for helper_gone in (wrong_pin, nobody):
        assert decide(session(helper_gone + pairs())).verdict == "throttled"
        assert decide(session(helper_gone + pairs(target=FAST))).verdict == "not_throttled"


def test_an_arm_whose_server_refused_us_is_unavailable_until_it_has_an_answer(
    pairs: Pairs, session: Sessions
) -> None:
    refused = {"refused": frozenset({"same_address"}), "arms": ("same_address",)}
    for count in (0, 1, 9):
        found = decide(session(pairs(count=count, target=FAST), **refused))
        assert (found.verdict, found.reason) == ("inconclusive", "unavailable")
        assert "left_alone" in found.notes
    assert decide(session(pairs(), **refused)).verdict == "throttled"
    ours = pairs(arm="helper")
    assert decide(session(ours, **refused | {"arms": ("helper", "same_address")})).verdict == "throttled"


def test_a_third_of_the_pairs_lost_is_too_many(pairs: Pairs, session: Sessions) -> None:
    stalled = pairs(count=4, of_target=FROZEN, of_control=FROZEN)
    assert decide(session(pairs() + stalled)).reason == "void"
    assert decide(session(pairs() + stalled[:2])).verdict == "throttled"
    failing = pairs(count=4, of_control=RESET)
    assert decide(session(pairs() + failing)).reason == "sick_control"


def test_a_pool_of_quiet_noise_checks_lets_the_verdict_stand(pairs: Pairs, session: Sessions) -> None:
    found = decide(session(pairs(), noise=(0.1, -0.1) * 6))
    assert found.verdict == "throttled"
    assert "noise_not_known" not in found.notes


def test_a_marked_address_needs_another_steady_control(pairs: Pairs, session: Sessions) -> None:
    marked = pairs(target=16_000.0, control=16_000.0)
    assert decide(session(marked)).reason == "slow_line"
    found = decide(session(marked + pairs(arm="helper", target=FAST)))
    assert (found.verdict, found.rule, found.deciding) == ("throttled", "marked_address", "same_address")
    assert "residual" in found.notes


def test_controls_from_before_the_line_slowed_are_no_witness(pairs: Pairs, session: Sessions) -> None:
    """A plan's data is used up between two arms: the first one's controls were fast, all that comes later is slow."""
    late: dict[str, Any] = {"of_target": {"started": 1800.0}, "of_control": {"started": 1800.0}}
    slowed = pairs(target=90_000.0, control=90_000.0, **late)
    assert decide(session(pairs(arm="helper", target=FAST) + slowed)).reason == "residual"
    meanwhile = pairs(arm="helper", target=FAST, **late)
    assert decide(session(slowed + meanwhile)).rule == "marked_address"


def test_an_address_that_is_fast_again_at_the_end_was_not_marked(
    pairs: Pairs, session: Sessions, flow: Flows
) -> None:
    """The line was slow for the ten minutes of one arm; a mark stays longer."""
    seen = pairs(target=16_000.0, control=16_000.0) + pairs(arm="helper", target=FAST)

    def at_the_end(rate: float) -> FamilyDecision:
        return decide(session(seen, after={"same_address": tuple(flow(rate=rate) for _ in range(3))}))

    assert at_the_end(16_000.0).rule == "marked_address"
    assert at_the_end(FAST).verdict == "inconclusive"


def test_a_line_that_slowed_under_all_arms_marks_no_address(pairs: Pairs, session: Sessions) -> None:
    slowed = pairs(target=150_000.0, control=150_000.0)
    also = pairs(arm="helper", target=150_000.0, control=150_000.0)
    assert decide(session(slowed + also)).reason == "residual"


def test_controls_that_slowed_forbid_a_clean_answer(pairs: Pairs, session: Sessions, flow: Flows) -> None:
    fast_before = {"same_address": tuple(flow(rate=2e6) for _ in range(3))}
    assert decide(session(pairs(target=FAST), before=fast_before)).reason == "residual"


def test_a_long_flow_that_slows_down_asks_for_longer_pairs(
    pairs: Pairs, session: Sessions, flow: Flows
) -> None:
    sizes = tuple(range(10_000, 1_300_001, 10_000))
    times = tuple(s / FAST if s <= 1_000_000 else 2 + (s - 1_000_000) / 16_000 for s in sizes)
    target = flow("target", sizes=sizes, times=times, elapsed=20.75, cap=2_000_000, complete=False)
    long = Pair(arm="same_address", target=target, control=flow(cap=2_000_000))
    short = session(pairs(target=FAST), long=long)
    found = decide(short)
    assert found.reason == "burst"
    assert found.slowdown is not None
    assert found.slowdown.at_bytes == pytest.approx(1_000_000, rel=0.05)
    longer = pairs(
        of_target={"sizes": sizes[:-2], "times": times[:-2], "cap_bytes": 1_280_000},
        of_control={"cap": 1_280_000},
    )
    assert decide(replace(short, pairs=longer)).verdict == "throttled"


ARM_ENDS: dict[str, tuple[float, bool]] = {
    "clean as far as the pairs went": (FAST, True),
    "slow in some pairs and fast in others": (0.0, True),
    "slow": (16_000.0, False),
}


@pytest.mark.parametrize("name", ARM_ENDS)
def test_a_long_pair_follows_an_arm_that_is_not_slow(name: str, pairs: Pairs, session: Sessions) -> None:
    rate, follows = ARM_ENDS[name]
    mixed = (*pairs(target=16_000.0, count=9), *pairs(target=FAST, count=18)[9:])
    seen = pairs(target=rate, count=18) if rate else mixed[::2] + mixed[1::2]
    assert decide_arm(session(seen), "same_address").asks_for_long is follows


def test_a_cap_near_the_line_s_speed_is_left_open_though_one_pair_fell_the_other_way(
    pairs: Pairs, session: Sessions
) -> None:
    seen = (*pairs(target=330_000.0, count=17), *pairs(target=FAST * 1.2, count=18)[17:])
    found = decide(session(seen))
    assert (found.verdict, found.reason) == ("inconclusive", "mild")


def test_what_comes_after_the_change_is_compared(pairs: Pairs, session: Sessions, flow: Flows) -> None:
    """Three seconds at full speed, then next to nothing: over the whole flow that is a mild slowing."""
    sizes = tuple(range(10_000, 1_560_001, 10_000))
    times = tuple(s / FAST if s <= 1_500_000 else 3 + (s - 1_500_000) / 16_000 for s in sizes)
    late = {"sizes": sizes, "times": times, "elapsed": 6.75, "complete": False, "cap_bytes": 3_500_000}
    long = Pair(arm="same_address", target=flow("target", **late), control=flow(cap=2_000_000))
    others = pairs(target=FAST, arm="helper")
    longer = others + pairs(of_target=late, of_control={"cap": 3_500_000})
    found = decide(session(longer, long=long))
    assert (found.verdict, found.deciding) == ("throttled", "same_address")
    assert found.contrast is not None
    assert found.contrast.ratio < 0.1
    assert found.arms["helper"].verdict == "clean"


def test_addresses_slow_under_any_name_are_told_from_a_slow_line(
    pairs: Pairs, session: Sessions, flow: Flows
) -> None:
    slow = pairs(target=50_000.0, control=50_000.0)
    before = {"same_address": (flow(rate=50_000.0),) * 3, "helper": (flow(rate=FAST),) * 3}
    assert decide(session(slow, before=before)).reason == "slow_line"
    found = decide(session(slow + pairs(target=FAST, arm="helper"), before=before))
    assert (found.verdict, found.reason) == ("inconclusive", "slow_addresses")
    assert decide(session(slow + pairs(arm="helper"), before=before)).verdict == "throttled"


def test_a_session_is_cut_where_the_ratio_changes(pairs: Pairs, session: Sessions) -> None:
    before = pairs(count=10, target=FAST)
    after = tuple(
        replace(p, target=replace(p.target, started=p.target.started + 1700)) for p in pairs(count=8)
    )
    found = decide(session(before + after))
    assert found.verdict == "not_throttled"
    assert "cut_at_change" in found.notes
    assert decide(session(before[:5] + after)).reason == "changed_midway"


def test_pairs_after_an_hour_are_left_out(pairs: Pairs, session: Sessions) -> None:
    late = pairs(of_target={"started": 3700.0}, of_control={"started": 3700.0})
    found = decide(session(pairs(count=6) + late))
    assert found.reason == "few_pairs"
    assert "cut_at_60_minutes" in found.notes


def test_open_arms_are_those_that_more_pairs_could_change(pairs: Pairs, session: Sessions) -> None:
    assert decide(session(pairs(count=4))).open_arms == ("same_address",)
    assert decide(session(pairs())).open_arms == ()
    assert decide(session(pairs(count=4), network_changed=True)).open_arms == ()


@pytest.mark.parametrize(
    ("seen", "final", "goes_on"),
    [
        (RESET, True, False),
        (FORGED, True, False),
        (SILENT, True, False),
        (MUTE, True, False),
        (MUTE | {"handshake": 5.5}, False, True),
        (FROZEN, False, True),
        (DRIP, False, True),
        ({"handshake": 4.0}, False, True),
    ],
)
def test_three_flows_stopped_before_a_byte_are_final_and_slow_ones_go_on(
    seen: dict[str, Any], final: bool, goes_on: bool, pairs: Pairs, session: Sessions
) -> None:
    found = decide(session(pairs(count=3, of_target=seen)))
    assert (found.final, found.open_arms != ()) == (final, goes_on)


def test_flows_stopped_under_both_names_are_not_the_platform_s(pairs: Pairs, session: Sessions) -> None:
    assert not decide(session(pairs(count=3, of_target=RESET, of_control=RESET))).final


SEEN: dict[str, Any] = {"role": "target", "sizes": (), "times": (), "handshake_bytes": 0}


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        ((RESET, RESET), "blocked"),
        ((RESET, FORGED), "intercepted"),
        ((RESET,), "no_arm"),  # a failure counts after a second try
        ((RESET, {}), "no_arm"),
        ((DRIP, DRIP), "no_arm"),
    ],
)
def test_a_page_that_is_stopped_says_so_even_without_an_arm(
    pages: tuple[dict[str, Any], ...], reason: str, session: Sessions, flow: Flows
) -> None:
    found = decide(session((), arms=(), pages=tuple(flow(**SEEN | changes) for changes in pages)))
    assert (found.verdict, found.reason) == ("inconclusive", reason)


@pytest.mark.parametrize(
    ("control", "extra", "notes"),
    [
        (40_000.0, Extra(domestic=900_000.0), {"slow_abroad"}),
        (40_000.0, Extra(inverted=900_000.0), {"slow_if_readable"}),
        (40_000.0, Extra(inverted=45_000.0, domestic=90_000.0), set()),  # the line itself
        (FAST, Extra(inverted=5e6, domestic=5e6), set()),  # nothing is slow abroad
    ],
)
def test_extra_arms_say_what_a_slow_line_is_slow_for(
    control: float, extra: Extra, notes: set[str], pairs: Pairs, session: Sessions
) -> None:
    found = decide(session(pairs(control=control), extra=extra))
    assert notes == {"slow_abroad", "slow_if_readable"}.intersection(found.notes)


def test_the_platform_takes_its_worst_decided_family(pairs: Pairs, session: Sessions) -> None:
    families: list[FamilyDecision] = [
        decide(session(pairs(target=FAST), host_family="web")),
        decide(session(pairs(), host_family="video")),
        decide(session(pairs(count=3), host_family="image")),
    ]
    assert decide_platform(families).family.host_family == "video"
    assert decide_platform([families[0], families[2]]).verdict == "not_throttled"
    assert decide_platform([families[2]]).verdict == "inconclusive"


def test_pairs_slow_now_and_then_are_no_cap(pairs: Pairs, session: Sessions) -> None:
    misses = {1, 3, 4, 6, 8, 9, 11, 12, 14, 16, 17}
    slow, fast = pairs(18, target=50_000.0), pairs(18, target=400_000.0)
    mixed = tuple(slow[i] if i in misses else fast[i] for i in range(18))
    assert decide(session(mixed)).reason == "straddles"
