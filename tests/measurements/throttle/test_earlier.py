"""Which pairs of a session that was broken off are taken up again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from measurements.records import Observation, TransferFacts
from measurements.throttle.earlier import OTHER_NETWORK, OTHER_TARIFF, Earlier, broken_off, earlier_of

NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
HELPER = ("helper", "helper")


def row(minutes_ago: float, run: str = "run", **changes: Any) -> Observation:
    facts = {
        "session": "youtube",
        "tariff": "plain",
        "arm": "helper",
        "purpose": "pair",
        "times": (0.0, 1.0),
        "bytes": (50_000, 100_000),
        "elapsed": 1.0,
        "complete": True,
    }
    outer = {key: changes.pop(key) for key in ("vantage", "role", "platform", "endpoint") if key in changes}
    fields: dict[str, Any] = {"vantage": "home", "role": "target", "platform": "youtube", "endpoint": "web"}
    return Observation(
        id=f"{run}{minutes_ago}{fields | outer}",
        run_id=run,
        time=NOW - timedelta(minutes=minutes_ago),
        probe="transfer",
        transfer=TransferFacts(**(facts | changes)),
        **(fields | outer),
    )


def pair(minutes_ago: float, run: str = "run", **changes: Any) -> list[Observation]:
    name = f"{run}{minutes_ago}"
    control = {"role": "control", "platform": "helper"} | changes
    return [
        row(minutes_ago, run, pair=name, **changes),
        row(minutes_ago - 0.1, run, pair=name, **control),
    ]


def taken(rows: list[Observation], pair_seconds: float = 100.0, **changes: Any) -> Earlier:
    facts: dict[str, Any] = {"vantage": "home", "tariff": "plain", "network": "n", "now": NOW}
    return earlier_of(rows, "web", pair_seconds=pair_seconds, **(facts | changes))


@pytest.mark.parametrize(
    ("rows", "changes", "pairs", "refused"),
    [
        pytest.param([*pair(20), *pair(10)], {}, 2, None, id="two pairs of this hour"),
        pytest.param([], {}, 0, None, id="nothing"),
        pytest.param([*pair(70), *pair(65)], {}, 0, None, id="older than an hour"),
        pytest.param([*pair(20)], {"vantage": "hotspot"}, 0, OTHER_NETWORK, id="another network now"),
        pytest.param([*pair(20), *pair(10, vantage="cafe")], {}, 0, OTHER_NETWORK, id="another one then"),
        pytest.param([*pair(20)], {"tariff": "bundled"}, 0, OTHER_TARIFF, id="another tariff now"),
        pytest.param([*pair(20, endpoint="video")], {}, 0, None, id="another host family"),
        pytest.param([*pair(20, purpose="noise")], {}, 0, None, id="noise checks alone"),
        pytest.param([*pair(20, protocol="quic")], {}, 0, None, id="another series"),
        pytest.param(pair(20)[:1], {}, 0, None, id="half a pair"),
    ],
)
def test_pairs_are_taken_up_on_the_same_network_under_the_same_tariff(
    rows: list[Observation], changes: dict[str, Any], pairs: int, refused: str | None
) -> None:
    found = taken(rows, **changes)
    assert (len(found.pairs_of([HELPER])), found.refused) == (pairs, refused)


@pytest.mark.parametrize(
    ("ages", "pair_seconds", "kept"),
    [
        pytest.param([50, 49, 20], 100.0, [20], id="with nine to come the old ones do not fit into the hour"),
        pytest.param([50, 49, 20], 0.0, [50, 49, 20], id="sped up they do"),
        pytest.param(
            [50, 49, 48, 47, 46, 45, 44, 43, 42],
            100.0,
            [50, 49, 48, 47, 46, 45, 44, 43, 42],
            id="one to come",
        ),
    ],
)
def test_the_oldest_pairs_are_left_out_until_the_rest_fits_into_the_hour(
    ages: list[int], pair_seconds: float, kept: list[int]
) -> None:
    found = taken([each for age in ages for each in pair(age)], pair_seconds)
    assert found.started == NOW - timedelta(minutes=kept[0])
    starts = [each.started for each in found.pairs_of([HELPER])]
    assert starts == pytest.approx([60.0 * (kept[0] - age) for age in kept])


def test_controls_before_and_the_long_pair_come_along_by_arm_and_control() -> None:
    rows = [
        row(30, purpose="before", role="control", platform="helper"),
        row(29, purpose="before", role="control", platform="wiki", arm="foreign"),
        *pair(20),
        *pair(15, purpose="long"),
    ]
    found = taken(rows)
    assert {side: len(flows) for side, flows in found.before.items()} == {HELPER: 1, ("foreign", "wiki"): 1}
    assert found.long is not None
    assert found.long[0] == HELPER
    assert found.pairs_of([("foreign", "kernel")]) == []


@pytest.mark.parametrize(
    ("ended", "runs"),
    [
        pytest.param({}, ["one", "two"], id="both were killed"),
        pytest.param(
            {"one": "few_pairs, interrupted", "two": "interrupted"}, ["one", "two"], id="both were stopped"
        ),
        pytest.param({"one": None}, ["two"], id="the first ended by itself"),
        pytest.param({"two": "straddles"}, [], id="the last ended by itself"),
    ],
)
def test_only_what_came_after_the_last_session_that_ended_is_broken_off(
    ended: dict[str, str | None], runs: list[str]
) -> None:
    rows = [*pair(20, "one"), *pair(10, "two"), *pair(5, "other", session="vk")]
    left = broken_off(rows, "youtube", lambda run: [ended[run]] if run in ended else [])
    assert list(dict.fromkeys(each.run_id for each in left)) == runs
