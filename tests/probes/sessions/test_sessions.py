"""Whole sessions over loopback: a helper behind a relay that slows by name, sped up."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from lab.loopback import Pacing, running_helper, running_relay
from measurements.records import Observation
from measurements.targets import Endpoint, Helper, Platform, Targets
from measurements.throttle.earlier import broken_off, earlier_of
from measurements.throttle.scope import scope
from probes.base import Context, Deadlines, Vantage
from probes.roots import Roots
from probes.sessions.plan import Plan
from probes.sessions.runner import PlatformResult, Progress, Sessions
from probes.sessions.state import Known

HOSTS = ("127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14")
SLOWED = "www.youtube.com"
LINE = Pacing(rate=1_000_000)  # bytes per second: slow beside a busy computer's own delays
PLAN = Plan(max_pairs=10, interval=0, flow_seconds=0.3, flow_bytes=90_000, long_seconds=2, long_bytes=200_000)


def context_of(roots: Roots) -> Context:
    return Context(
        "run", Vantage("vantage"), roots, deadlines=Deadlines(resolve=0.5, connect=1, tls=3, http=1)
    )


@pytest.fixture
def patient(roots: Roots) -> Context:
    return context_of(roots)


@pytest.fixture(scope="module")
def free_line(roots: Roots) -> tuple[PlatformResult, list[Observation]]:
    """A whole session on a line where no name is slowed."""
    with helper_behind({}) as helper:
        return asyncio.run(measure(targets(helper), context_of(roots)))


@contextmanager
def helper_behind(rules: dict[str, Pacing], sha256: str | None = None) -> Iterator[Helper]:
    paced = {**rules, "": LINE}  # every ClientHello holds the empty name
    with running_helper() as helper, running_relay(("127.0.0.1", helper.port), paced, *HOSTS) as (port, _):
        yield Helper(addresses=HOSTS, port=port, sha256=sha256 or helper.sha256)


def targets(helper: Helper | None, *platforms: str) -> Targets:
    web = Endpoint(id="web", probes=("tls",), url=f"https://{SLOWED}/")
    entries = {name: Platform(name=name, endpoints=(web,)) for name in platforms or ("youtube",)}
    return Targets(version=1, platforms=entries, helper=helper)


async def measure(
    targets: Targets,
    context: Context,
    plan: Plan = PLAN,
    network: Callable[[], str] = lambda: "home",
    told: Callable[[Progress], None] = lambda progress: None,
    known: Mapping[str, Known] = MappingProxyType({}),
) -> tuple[PlatformResult, list[Observation]]:
    rows: list[Observation] = []
    sessions = Sessions(
        targets=targets,
        context=context,
        plan=plan,
        keep=rows.append,
        network=network,
        with_helper=True,
        progress=told,
        known=known,
    )
    result, *_ = await sessions.run(list(targets.platforms))
    return result, rows


async def test_a_slowed_name_is_throttled_and_the_other_names_are_not(patient):
    with helper_behind({SLOWED: Pacing(rate=40_000)}) as helper:
        result, rows = await measure(targets(helper), patient)
    family = result.decision.family
    assert result.decision.verdict == "throttled"
    assert family.deciding == "helper"
    assert family.contrast.ratio < 0.2
    assert {row.role for row in rows[:3]} == {"control"}
    assert scope(family, result.evidence[0].together) == "connection"


def test_a_free_line_is_not_called_throttled_and_our_server_alone_does_not_clear_it(free_line):
    result, rows = free_line
    assert result.decision.verdict == "inconclusive"
    assert result.decision.family.reason == "only_helper"
    assert any(row.transfer.purpose == "noise" for row in rows)


def test_the_long_control_goes_as_far_as_the_long_target_came(free_line):
    _, rows = free_line
    target, control = (row for row in rows if row.transfer and row.transfer.purpose == "long")
    assert [(row.role, row.transfer.position) for row in (target, control)] == [("target", 0), ("control", 1)]
    assert control.transfer.cap_bytes == target.transfer.bytes[-1]


def test_target_and_control_never_share_an_address(free_line):
    _, rows = free_line
    used = {role: {row.address for row in rows if row.role == role} for role in ("target", "control")}
    assert used["target"]
    assert used["control"]
    assert used["target"].isdisjoint(used["control"])


def test_the_two_flows_of_a_pair_are_alike_and_come_in_both_orders(free_line):
    _, rows = free_line
    pairs: dict[str, list[Observation]] = {}
    for row in rows:
        if row.transfer and row.transfer.purpose == "pair":
            pairs.setdefault(row.transfer.pair, []).append(row)
    assert all(len(rows) == 2 for rows in pairs.values())
    for one, other in pairs.values():
        assert {one.role, other.role} == {"target", "control"}
        assert one.transfer.cap_bytes == other.transfer.cap_bytes
        assert one.tls.hello_bytes == other.tls.hello_bytes
        assert len(one.sni) == len(other.sni)
        assert (one.transfer.position, other.transfer.position) == (0, 1)
    assert {rows[0].role for rows in pairs.values()} == {"target", "control"}
    assert len({rows[0].transfer.cap_bytes for rows in pairs.values()}) > 1


async def test_a_freeze_is_throttling_not_blocking(patient):
    with helper_behind({SLOWED: Pacing(freeze_after=25_000)}) as helper:
        result, _ = await measure(targets(helper), patient)
    assert result.decision.verdict == "throttled"


@pytest.mark.parametrize("after", [0, 25_000])
async def test_resets_are_blocking_not_throttling_and_end_the_session_at_once(patient, after):
    with helper_behind({SLOWED: Pacing(reset_after=after)}) as helper:
        result, rows = await measure(targets(helper), patient)
    assert (result.decision.verdict, result.decision.family.reason) == ("inconclusive", "blocked")
    purposes = Counter(row.transfer.purpose for row in rows if row.role == "target")
    assert purposes == {"warm_up": 1, "pair": 3}


async def test_a_wrong_pin_takes_the_arm_off_the_offer_and_says_so(patient):
    with helper_behind({}, sha256="00" * 32) as helper:
        result, _ = await measure(targets(helper), patient)
    assert (result.decision.verdict, result.decision.family.reason) == ("inconclusive", "no_arm")
    assert result.notes == ("helper_unavailable",)


@pytest.mark.parametrize(
    ("silence", "failures", "patience"), [(0.7, {None}, 2.5), (60.0, {"generic_timeout_error"}, 1.0)]
)
async def test_a_crawl_has_time_to_begin_and_silence_is_waited_for_once(context, silence, failures, patience):
    hasty = replace(context, deadlines=Deadlines(resolve=0.5, connect=1, tls=0.4, http=1))
    with helper_behind({SLOWED: Pacing(delay=silence)}) as helper:
        _, rows = await measure(targets(helper), hasty, replace(PLAN, max_pairs=2))
    seen = [row for row in rows if row.role == "target" and row.probe == "transfer"]
    assert {row.failure for row in seen} == failures
    first, *others = [row.transfer.elapsed if row.failure else row.phases.tls for row in seen]
    assert first > 0.4
    assert all((other > 0.4 * 1.5) == (patience > 1) for other in others)


async def test_a_changed_network_ends_the_session(patient):
    seen = iter(["home"] * 12)
    with helper_behind({}) as helper:
        result, _ = await measure(targets(helper), patient, network=lambda: next(seen, "elsewhere"))
    assert result.decision.family.reason == "network_changed"


async def test_the_budget_is_never_exceeded(patient):
    budget = 900_000
    with helper_behind({}) as helper:
        result, _ = await measure(targets(helper), patient, replace(PLAN, budget=budget))
    assert result.decision.family.reason == "few_pairs"
    assert result.bytes_received <= budget


async def test_six_pairs_are_too_few_and_say_so(patient):
    with helper_behind({}) as helper:
        result, _ = await measure(targets(helper), patient, replace(PLAN, max_pairs=6))
    assert (result.decision.verdict, result.decision.family.reason) == ("inconclusive", "few_pairs")


async def test_progress_counts_down_over_all_platforms(patient):
    told: list[Progress] = []
    with helper_behind({}) as helper:
        await measure(targets(helper, "youtube", "vk"), patient, replace(PLAN, max_pairs=2), told=told.append)
    first = next(each for each in told if each.session.now)
    assert first.seconds_left > told[-1].seconds_left == 0
    assert {each.session.platform for each in told} == {"youtube", "vk"}
    assert told[-1].bytes_received == sum(
        {id(each.session): each.session.flows.own.received for each in told}.values()
    )


async def test_a_session_that_is_stopped_says_so_and_the_next_one_goes_on_from_there(patient):
    with helper_behind({SLOWED: Pacing(rate=40_000)}) as helper:
        running = asyncio.ensure_future(
            measure(
                targets(helper),
                patient,
                told=lambda told: running.cancel() if len(told.session.pairs) == 4 else None,
            )
        )
        first, rows = await running
        earlier = earlier_of(
            broken_off(rows, "youtube", lambda run: ["interrupted"]),
            "web",
            vantage="vantage",
            tariff="unknown",
            network="home",
            now=datetime.now(UTC),
            pair_seconds=0,
        )
        known = {"youtube": Known(earlier={"web": earlier})}
        second, more = await measure(targets(helper), patient, known=known)
    assert (first.interrupted, len(first.evidence[0].pairs)) == (True, 4)
    assert (second.interrupted, second.decision.verdict) == (False, "throttled")
    assert "taken_up" in second.notes
    assert sum(row.transfer.purpose == "pair" and row.role == "target" for row in more if row.transfer) == 6
    assert not any(row.transfer.purpose == "before" for row in more if row.transfer)
