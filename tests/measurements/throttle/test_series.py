"""Series beside TCP downloads: when they are worth their bytes, when they end, and what their line says."""

from dataclasses import replace

import pytest

from measurements.records import ThrottleLine
from measurements.throttle.decision import decide
from measurements.throttle.evidence import SessionEvidence
from measurements.throttle.series import QUIC, SCREEN, UPLOAD, decide_series, goes_on, wanted, with_series

LINE = ThrottleLine(platform="youtube", verdict="not_throttled", reason="tariff_not_excluded")


@pytest.fixture
def series(pairs):
    """A QUIC series with our server, its targets slower than its controls by `factor`."""

    def make(count=10, factor=20.0, **changes):
        taken = pairs(count, control=500e3, target=500e3 / factor, arm="helper", **changes)
        return SessionEvidence(
            platform="youtube", arms=("helper",), pairs=taken, protocol="quic", plan="plain"
        )

    return make


@pytest.mark.parametrize(
    ("rate", "count", "control", "bytes_matter", "expected"),
    [
        pytest.param(500e3, 10, 500e3, True, (QUIC, UPLOAD), id="a clean platform is asked for both"),
        pytest.param(16e3, 10, 500e3, False, (QUIC,), id="a slowed one: does QUIC escape?"),
        pytest.param(16e3, 10, 500e3, True, (), id="a slowed one, where bytes cost money"),
        pytest.param(500e3, 6, 500e3, False, (), id="too few pairs were possible"),
        pytest.param(50e3, 10, 60e3, False, (), id="a line too slow to see a cap"),
    ],
)
def test_which_series_are_worth_their_bytes(pairs, session, rate, count, control, bytes_matter, expected):
    main = decide(session(pairs(count, target=rate, control=control)))
    assert wanted(main, bytes_matter) == expected


def test_a_changed_network_ends_everything(pairs, session):
    assert wanted(decide(session(pairs(target=500e3), network_changed=True)), False) == ()


def test_without_any_arm_nothing_is_wanted(session):
    assert wanted(decide(session((), arms=())), False) == ()


@pytest.mark.parametrize(
    ("count", "factor", "more"),
    [
        pytest.param(0, 1.0, True, id="not begun"),
        pytest.param(SCREEN - 1, 1.0, True, id="too early to say"),
        pytest.param(SCREEN, 1.0, False, id="four pairs alike"),
        pytest.param(SCREEN, 1.7, False, id="four pairs slower, but by less than half"),
        pytest.param(SCREEN, 20.0, True, id="four slow pairs"),
        pytest.param(10, 20.0, False, id="decided"),
    ],
)
def test_a_series_goes_on_while_it_looks_slow_and_is_undecided(series, count, factor, more):
    assert goes_on(series(count, factor), "helper") is more


def test_slow_handshakes_are_a_sign_too(series):
    assert goes_on(series(SCREEN, 1.0, of_target={"handshake": 3.0}), "helper")


def test_stopped_targets_end_a_series_after_its_first_pairs(series):
    silent = {
        "sizes": (),
        "times": (),
        "handshake_bytes": 0,
        "failure": "generic_timeout_error",
        "stage": "tls",
    }
    evidence = series(SCREEN, of_target=silent)
    assert not goes_on(evidence, "helper")
    assert decide_series(evidence).reason == "blocked"


@pytest.mark.parametrize(
    ("count", "factor", "verdict", "reason"),
    [
        pytest.param(10, 20.0, "throttled", None, id="ten slow pairs"),
        pytest.param(SCREEN, 1.0, "inconclusive", "no_sign", id="four pairs alike"),
        pytest.param(2, 1.0, "inconclusive", "few_pairs", id="cut short"),
    ],
)
def test_what_a_series_says(series, count, factor, verdict, reason):
    found = decide_series(series(count, factor))
    assert (found.verdict, found.reason) == (verdict, reason)


def test_quic_slowed_alone_stands_beside_the_verdict(series):
    line = with_series(LINE, [series()])
    assert (line.verdict, line.reason) == ("not_throttled", "tariff_not_excluded, quic_slowed")
    (quic,) = line.series
    assert (quic.protocol, quic.direction, quic.verdict, quic.pairs) == ("quic", "download", "throttled", 10)
    assert quic.ratio == pytest.approx(1 / 20, rel=0.1)
    assert quic.effective_bytes_per_second == pytest.approx(25e3 * 1228 / 1164, rel=0.1)


def test_what_shows_nothing_leaves_the_reason_alone(series):
    evidence = replace(series(SCREEN, 1.0), protocol="tcp", direction="upload")
    line = with_series(LINE, [evidence])
    assert line.reason == "tariff_not_excluded"
    assert [(each.direction, each.reason) for each in line.series] == [("upload", "no_sign")]
