"""Days of a continuous run, lived through in a second: what is measured when, and what it costs."""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from efir import cycle as module
from efir.cycle import Cycle, Showing, Surroundings
from efir.exits import Exit
from efir.options import Shared
from efir.output import Output
from measurements.database import IN_MEMORY
from measurements.ids import uuid7
from measurements.records import Observation, Role, TransferFacts
from measurements.state import StateFolder
from measurements.store import Spool
from measurements.targets import Endpoint, Platform, Targets
from measurements.throttle.flow import SHORT
from probes.sessions.pairs import Ledger
from probes.sessions.plan import Plan, plan_for
from probes.sessions.sentinel import FLOW_COST, OVERHEAD
from tests.records import observation
from vantage import budget
from vantage.cadence import Agenda, shape
from vantage.consent import TEXT_VERSION, Consent, withdraw, write_consent
from vantage.line import Stated
from vantage.upload.standing import Standing, keep, standing, with_cost

START = datetime(2026, 3, 2, tzinfo=UTC)
PLATFORMS = ["youtube", "facebook", "vk", "odnoklassniki", "twitter", "instagram", "telegram"]
WEB = Endpoint(id="web", probes=("tls",), url="https://a.test/")
TARGETS = Targets(version=1, platforms={name: Platform(name=name, endpoints=(WEB,)) for name in PLATFORMS})


@dataclass
class World:
    """A line on which measuring takes no time and costs what it is said to cost."""

    spool: Spool
    folder: StateFolder
    now: datetime = START
    slow: frozenset[str] = frozenset()
    online: bool = True
    pause: str | None = None
    done: list[tuple[str, datetime]] = field(default_factory=list)
    sessions: list[tuple[list[str], bool]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    upload_bytes: int = 0  # of each sending
    send_at: datetime = START
    sent: list[tuple[datetime, int]] = field(default_factory=list)
    # hours since the start -> what happens then
    at: dict[float, Callable[[], Any]] = field(default_factory=dict)

    def row(self, platform: str, role: Role, received: int, purpose: str | None) -> Observation:
        return observation(
            id=uuid7(self.now.timestamp(), random.randbytes),
            time=self.now,
            platform=platform,
            role=role,
            probe="transfer",
            bytes_received=received,
            transfer=TransferFacts(purpose=purpose) if purpose else None,
        )

    async def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=max(seconds, 1) * 36)  # looks every three minutes
        for hour in [hour for hour in self.at if self.now >= START + timedelta(hours=hour)]:
            self.at.pop(hour)()
        await asyncio.sleep(0)

    async def round(self, *arguments: object) -> Any:
        self.done.append(("round", self.now))
        self.spool.add([self.row("wikipedia", "control", budget.ROUND_BYTES, None)])
        return SimpleNamespace(
            line=SimpleNamespace(online=self.online), summary=SimpleNamespace(cancelled=False)
        )

    async def session(self, _: Shared, __: Targets, names: list[str], plan: Plan, *rest: Any) -> Any:
        self.sessions.append((names, rest[1]))
        spent = budget.spent_today(self.spool, self.now).total
        while spent + 2 * plan.flow_bytes <= plan.budget:  # takes all it is given
            cost = 2 * (plan.flow_bytes + OVERHEAD)  # real flows cost more than their cap, too
            self.spool.add([self.row(names[0], "target", cost, "pair")])
            spent += cost
        return SimpleNamespace(lines=[], results=[])

    async def send(
        self, _: object, __: object, spool: Spool, clock: Any, room: Callable[[int], bool]
    ) -> None:
        """An upload of an hour's results, every hour."""
        if not self.upload_bytes or self.now < self.send_at:
            return
        self.send_at = self.now + timedelta(hours=1)
        if room(self.upload_bytes):
            self.sent.append((self.now, self.upload_bytes))
            keep(spool, Standing(costs=with_cost(standing(spool), clock(), self.upload_bytes)))

    @property
    def worst_day(self) -> int:
        """Most bytes in any 24 hours."""
        measured = [(row.time, row.bytes_received) for row in self.spool.observations()]
        costs = sorted(measured + self.sent)
        first = spent = most = 0
        for at, cost in costs:
            spent += cost
            while costs[first][0] < at - budget.DAY:
                spent -= costs[first][1]
                first += 1
            most = max(most, spent)
        return most


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    folder = StateFolder(tmp_path / "state")
    write_consent(folder, Consent(time=START, text_version=TEXT_VERSION, interactive=True, helper=True))
    with Spool(IN_MEMORY) as spool:
        here = World(spool, folder)

        @dataclass
        class Sweeper:
            targets: Targets
            flows: Any
            keep: Callable[[Observation], None]
            memory: object
            room: Callable[[int], bool]

            async def sweep(self, platforms: list[str]) -> dict[str, float]:
                here.done.append(("sentinels", here.now))
                ledger: Ledger = self.flows.ledger
                for name in platforms:
                    if self.room(2 * FLOW_COST):
                        row = here.row(name, "target", 2 * SHORT, "sentinel")
                        ledger.add(row)
                        here.spool.add([row])
                return {name: 0.1 if name in here.slow else 0.9 for name in platforms}

        context = SimpleNamespace(clock=SimpleNamespace(utc=lambda: here.now))
        monkeypatch.setattr(module, "make_context", lambda shared: context)
        monkeypatch.setattr(module, "Sentinels", Sweeper)
        monkeypatch.setattr(module, "sentinel_ratio", lambda ratio: ratio)
        monkeypatch.setattr(module, "measure_once", here.round)
        monkeypatch.setattr(module, "measure_throttling", here.session)
        monkeypatch.setattr(module, "send_if_due", here.send)
        yield here


def live(world: World, days: float = 1, metered: bool = False, stated: Stated | None = None) -> Exit:
    """Run until so many days have passed, then take the consent back."""
    world.at[24 * days] = lambda: withdraw(world.folder)
    around = Surroundings(lambda: world.now, world.sleep, lambda: world.pause, random.Random(1))
    nothing: Callable[[Any], None] = lambda found: None  # noqa: E731
    running = Cycle(
        shared=Shared(None, world.folder.root, None, Output(quiet=True)),
        targets=TARGETS,
        platforms=PLATFORMS,
        spool=world.spool,
        consent=Consent(time=START, text_version=TEXT_VERSION, interactive=True, helper=True),
        stated=stated or Stated(),
        metered=metered,
        agenda=Agenda.starting(shape(metered), START, 0, random.Random(2).uniform),
        around=around,
        show=Showing(nothing, nothing, nothing, world.said.append),
    )
    return asyncio.run(running.run())


def count(world: World, kind: str) -> int:
    return sum(1 for each, _ in world.done if each == kind)


@pytest.mark.parametrize("metered", [True, False], ids=["metered", "not metered"])
@pytest.mark.parametrize(
    "slow", [[], ["facebook"], PLATFORMS], ids=["an open line", "one is slow", "all are slow"]
)
def test_the_budget_of_any_24_hours_is_never_exceeded(world: World, slow: list[str], metered: bool) -> None:
    world.slow = frozenset(slow)
    live(world, days=2, metered=metered)
    assert world.worst_day <= budget.limit(metered) + SHORT
    assert bool(world.sessions) == bool(slow)


@pytest.mark.parametrize("metered", [True, False], ids=["metered", "not metered"])
def test_ten_days_of_slow_evenings_and_of_sending_keeps_to_the_budget_of_any_24_hours(
    world: World, metered: bool
) -> None:
    """Everything at once: each evening other platforms turn slow, sessions take all they get, and results are sent."""
    draw = random.Random(3)
    world.upload_bytes = 1_000_000  # far more than real results need: enough to reach the limit

    def evening() -> None:
        world.slow = frozenset(draw.sample(PLATFORMS, draw.randint(1, 7)))

    def night() -> None:
        world.slow = frozenset()

    for day in range(10):
        world.at[24 * day + 19] = evening
        world.at[24 * day + 23] = night
    live(world, days=10, metered=metered)
    one_flow = plan_for(metered).flow_bytes + OVERHEAD
    assert world.worst_day <= budget.limit(metered) + one_flow
    assert len(world.sessions) > 10
    assert len(world.sent) > 10 * 10
    assert count(world, "sentinels") >= 9 * shape(metered)["sentinels"].a_day


@pytest.mark.parametrize("metered", [True, False], ids=["metered", "not metered"])
def test_a_slow_platform_changes_nothing_in_the_shape_of_the_day(world: World, metered: bool) -> None:
    world.slow = frozenset(PLATFORMS)
    live(world, days=2, metered=metered)
    every = shape(metered)
    assert count(world, "round") in range(2 * every["round"].a_day, 2 * every["round"].a_day + 3)
    assert count(world, "sentinels") in range(2 * every["sentinels"].a_day, 2 * every["sentinels"].a_day + 3)


def test_three_slow_sentinels_of_four_start_a_session_of_that_platform_with_our_server(world: World) -> None:
    world.slow = frozenset({"facebook"})
    live(world, days=0.2)
    assert world.sessions == [(["facebook"], True)]


def test_on_a_bundled_plan_our_server_stays_out(world: World) -> None:
    world.slow = frozenset({"facebook"})
    live(world, days=0.2, stated=Stated(plan="bundled"))
    assert world.sessions == [(["facebook"], False)]


@pytest.mark.parametrize("reason", ["battery", "vpn"])
def test_the_device_pauses_it_and_the_reason_is_said_once(world: World, reason: str) -> None:
    world.pause = reason
    live(world, days=0.5)
    assert world.done == []
    assert sum("Nothing is measured for now" in text for text in world.said) == 1


def test_a_person_pauses_it_and_goes_on(world: World) -> None:
    world.at[2] = world.folder.paused.touch
    world.at[8] = world.folder.paused.unlink
    live(world, days=0.5)
    hours = {int((then - START) / timedelta(hours=1)) for _, then in world.done}
    assert hours.isdisjoint(range(2, 8))
    assert {0, 1, 8, 9, 10} <= hours


def test_taking_the_consent_back_ends_it(world: World) -> None:
    assert live(world, days=0.1) == Exit.OK
    assert "The consent is gone, so nothing more is measured." in world.said


def test_offline_nothing_but_the_controls_is_asked_until_one_answers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def still_offline(_: Cycle) -> bool:
        asked.append(world.now)
        return False

    monkeypatch.setattr(Cycle, "_line_is_back", still_offline)
    world.online = False
    live(world, days=0.5)
    assert count(world, "sentinels") == 0
    assert len(asked) >= 11
