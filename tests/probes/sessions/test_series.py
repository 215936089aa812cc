"""Further series of whole sessions over loopback: a helper behind relays that slow QUIC or uploads by name."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from lab.loopback import Pacing, running_helper, running_relay
from lab.loopback_udp import running_udp_relay
from measurements.records import Observation
from measurements.targets import Endpoint, Helper, Platform, Targets
from measurements.throttle.evidence import SessionEvidence
from measurements.throttle.series import QUIC, SCREEN, UPLOAD, Series, decide_series
from measurements.throttle.signature import signature
from probes.base import Context, Deadlines
from probes.sessions.plan import Plan
from probes.sessions.runner import PlatformResult, Sessions

HOSTS = ("127.0.0.21", "127.0.0.22", "127.0.0.23", "127.0.0.24")
NAME = "www.youtube.com"
LINE = Pacing(rate=1_000_000, burst=30_000)  # bytes per second: slow beside a busy computer's own delays
PLAN = Plan(
    max_pairs=10,
    interval=0,
    flow_seconds=0.6,
    flow_bytes=90_000,
    series_bytes=90_000,
    long_seconds=2,
    long_bytes=200_000,
)


@pytest.fixture
def patient(context: Context) -> Context:
    return replace(context, deadlines=Deadlines(resolve=0.5, connect=1, tls=3, http=1, quic=1))


@contextmanager
def helper_behind(tcp: Pacing = LINE, quic: Pacing = LINE) -> Iterator[Helper]:
    """A helper on a line whose box treats the platform's name as told."""
    with (
        running_helper(quic=True) as helper,
        running_relay(("127.0.0.1", helper.port), {NAME: tcp, "": LINE}, *HOSTS) as (port, _),
        running_udp_relay(("127.0.0.1", helper.quic_port or 0), {NAME: quic, "": LINE}, port, *HOSTS),
    ):
        yield Helper(addresses=HOSTS, port=port, sha256=helper.sha256)


async def measure(
    helper: Helper, context: Context, plan: Plan = PLAN
) -> tuple[PlatformResult, list[Observation]]:
    web = Endpoint(id="web", probes=("tls",), url=f"https://{NAME}/")
    targets = Targets(
        version=1, platforms={"youtube": Platform(name="YouTube", endpoints=(web,))}, helper=helper
    )
    rows: list[Observation] = []
    sessions = Sessions(
        targets=targets,
        context=context,
        plan=plan,
        keep=rows.append,
        network=lambda: "home",
        with_helper=True,
    )
    (result,) = await sessions.run(["youtube"])
    return result, rows


def by_series(result: PlatformResult) -> dict[Series, SessionEvidence]:
    return {Series(seen.protocol, seen.direction): seen for seen in result.series}


async def test_on_a_free_line_neither_series_is_called_slow(patient):
    with helper_behind() as helper:
        result, rows = await measure(helper, patient)
    seen = by_series(result)
    assert set(seen) == {QUIC, UPLOAD}
    for evidence in seen.values():
        assert len(evidence.pairs) >= SCREEN
        assert decide_series(evidence).verdict == "inconclusive"
    assert (result.decision.verdict, result.decision.family.reason) == ("inconclusive", "only_helper")
    paired = [row.transfer for row in rows if row.transfer and row.transfer.purpose == "series"]
    assert {(facts.protocol, facts.direction) for facts in paired} == {
        ("quic", "download"),
        ("tcp", "upload"),
    }


async def test_a_name_slowed_over_quic_alone_is_told_apart(patient):
    with helper_behind(quic=Pacing(rate=40_000)) as helper:
        result, _ = await measure(helper, patient)
    seen = by_series(result)
    found = decide_series(seen[QUIC])
    assert (found.verdict, found.deciding) == ("throttled", "helper")
    assert found.contrast.ratio < 0.25
    assert decide_series(seen[UPLOAD]).verdict == "inconclusive"
    assert result.decision.verdict == "inconclusive"


async def test_a_name_slowed_upwards_alone_is_throttled(patient):
    with helper_behind(tcp=replace(LINE, up_rate=40_000)) as helper:
        result, _ = await measure(helper, patient)
    evidence = by_series(result)[UPLOAD]
    assert (result.decision.verdict, result.decision.family.deciding) == ("throttled", "helper")
    assert signature(evidence, result.decision.family).mechanism == "upload"
    assert decide_series(by_series(result)[QUIC]).verdict == "inconclusive"


async def test_of_a_slowed_platform_it_is_asked_whether_quic_escapes(patient):
    with helper_behind(tcp=replace(LINE, rate=40_000)) as helper:
        result, _ = await measure(helper, patient)
    assert (result.decision.verdict, set(by_series(result))) == ("throttled", {QUIC})


async def test_a_helper_without_quic_or_uploads_offers_no_series(patient):
    with (
        running_helper() as helper,
        running_relay(("127.0.0.1", helper.port), {"": LINE}, *HOSTS) as (port, _),
    ):
        helper.state.limits = replace(helper.state.limits, largest_upload=0)
        result, _ = await measure(Helper(addresses=HOSTS, port=port, sha256=helper.sha256), patient)
    assert result.series == ()
    assert result.decision.family.reason == "only_helper"
