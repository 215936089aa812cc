"""What earlier sessions teach."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from measurements.records import HttpFacts, Observation, Phases, TlsFacts, TransferFacts
from measurements.throttle.history import baselines_of, noise_of

NOW = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
SIZES = tuple(range(10_000, 250_001, 10_000))


def flow(rate: float, pair: str, role: str, ago: timedelta, **marks: str) -> Observation:
    facts = TransferFacts(
        pair=pair,
        times=tuple((size - SIZES[0]) / rate for size in SIZES),
        bytes=SIZES,
        elapsed=SIZES[-1] / rate,
        complete=True,
        **{"arm": "foreign", "purpose": "pair", **marks},
    )
    return Observation(
        id=f"{pair}-{role}",
        run_id="run",
        vantage="vantage",
        time=NOW - ago,
        platform="youtube" if role == "target" else "wikipedia",
        endpoint="image",
        role=role,
        probe="transfer",
        phases=Phases(connect=0.05, tls=0.1, first_byte=0.05),
        tls=TlsFacts(verified=True, received=4000),
        http=HttpFacts(status=200),
        transfer=facts,
        tcp_info={"data_segs_in": 100, "rcv_ooopack": 1},
    )


def pair(name: str, ago: timedelta, target: float = 1e6, **marks: str) -> list[Observation]:
    return [flow(target, name, "target", ago, **marks), flow(1e6, name, "control", ago, **marks)]


@pytest.mark.parametrize(
    ("ago", "counts"),
    [
        pytest.param(timedelta(days=1), True, id="the same hour of yesterday"),
        pytest.param(timedelta(days=3, minutes=50), True, id="nearly an hour earlier, three days ago"),
        pytest.param(
            timedelta(days=2) - timedelta(minutes=50), True, id="nearly an hour later, two days ago"
        ),
        pytest.param(timedelta(days=1, hours=2), False, id="another hour"),
        pytest.param(timedelta(minutes=10), False, id="today"),
    ],
)
def test_a_baseline_is_of_this_hour_on_other_days(ago, counts):
    assert bool(baselines_of(pair("a", ago), "youtube", NOW)) is counts


def test_a_baseline_holds_ratios_days_and_round_trips():
    rows = [row for day in (1, 2, 3) for row in pair(f"p{day}", timedelta(days=day), target=5e5)]
    found = baselines_of(rows, "youtube", NOW)["image", "wikipedia"]
    assert found.days == 3
    assert found.d == pytest.approx([-0.693147] * 3, abs=1e-3)
    assert (found.target_rtt, found.control_rtt, found.out_of_order) == (0.05, 0.05, 0.01)
    assert found.handshake_d == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(pair("a", timedelta(days=1), arm="helper"), id="another arm"),
        pytest.param(pair("a", timedelta(days=1), purpose="noise"), id="a noise check"),
        pytest.param(pair("a", timedelta(days=1))[:1], id="half a pair"),
        pytest.param([], id="nothing"),
    ],
)
def test_what_is_no_pair_against_a_foreign_control_is_no_baseline(rows):
    assert baselines_of(rows, "youtube", NOW) == {}


def test_another_platform_has_its_own_baseline():
    assert baselines_of(pair("a", timedelta(days=1)), "facebook", NOW) == {}


def test_each_host_family_and_control_has_its_own_baseline():
    rows = pair("a", timedelta(days=1))
    video = [structs.replace(row, endpoint="video") for row in pair("b", timedelta(days=1))]
    other = pair("c", timedelta(days=1))
    other[1] = structs.replace(other[1], platform="kernel")
    found = baselines_of(rows + video + other, "youtube", NOW)
    assert set(found) == {("image", "wikipedia"), ("video", "wikipedia"), ("image", "kernel")}


def test_noise_is_the_ratio_of_each_control_pair():
    rows = [flow(rate, "n", "control", timedelta(0), purpose="noise") for rate in (2e6, 1e6)]
    assert noise_of(rows) == pytest.approx((0.693147,), abs=1e-3)
    assert noise_of(pair("a", timedelta(0))) == ()
