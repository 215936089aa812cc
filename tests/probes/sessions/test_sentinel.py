"""A sweep of small pairs: whom it compares with whom, what it remembers, and where it stops."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from measurements.records import Role
from measurements.targets import Control, Discover, Endpoint, Helper, Platform, Targets, Transfer
from measurements.throttle.flow import Arm, Flow
from measurements.throttle.pair import Pair
from probes.sessions import sentinel
from probes.sessions.arms import ArmPlan, Side
from probes.sessions.lookup import Found
from probes.sessions.pairs import Ledger, Size
from probes.sessions.plan import FOREIGN_BUDGET
from probes.sessions.sentinel import FLOW_COST, SIZE, Remembered, Sentinels

WEB = Endpoint(id="web", probes=("tls",), url="https://www.tube.test/")
PAGE = Discover(page="https://www.tube.test/", pattern="x")
CONTROLS = tuple(
    Control(
        id=name,
        name=name,
        scope="foreign",
        url=f"https://{name}.test/",
        probes=("tls",),
        transfer=Transfer(url=f"https://{name}.test/big"),
    )
    for name in ("pedia", "kernel")
)
TARGETS = Targets(
    version=1,
    platforms={
        "tube": Platform(
            name="Tube",
            endpoints=(WEB,),
            transfer=Transfer(discover=PAGE, neutral_sni="quiet.test"),
        ),
        "chat": Platform(name="Chat", endpoints=(WEB,), transfer=Transfer(url="https://chat.test/app.js")),
        "bare": Platform(name="Bare", endpoints=(WEB,)),
    },
    controls=CONTROLS,
    helper=Helper(addresses=("192.0.2.9",), sha256="0" * 64),
)


def pair_of(arm: Arm, status: int = 200) -> Pair:
    """Both flows brought some bytes, with this status."""

    def flow(role: Role) -> Flow:
        return Flow(role=role, times=(0.0,), sizes=(1000,), status=status, certificate_valid=True)

    return Pair(arm=arm, target=flow("target"), control=flow("control"))


@dataclass
class Line:
    """Stands for lookups and flows: what is asked for is noted, and answered at once."""

    now: float = 0.0
    silent: set[str] = field(default_factory=set)  # names that no resolver knows
    refused: set[str] = field(default_factory=set)  # names under which an object is refused (421)
    shown: str | None = "https://img.tube.test/logo.jpg"  # by the platform's page
    alone: set[str] = field(default_factory=set)  # names whose servers asked us to stay away (403, 429)
    ledger: Ledger = field(default_factory=Ledger)
    pages: int = 0
    pairs: list[tuple[str, str, str]] = field(default_factory=list)  # arm, target's name, control's name

    @property
    def context(self) -> Any:
        return SimpleNamespace(clock=SimpleNamespace(monotonic=lambda: self.now))

    def left_alone(self, *sides: Side) -> bool:
        return any(side.sni in self.alone for side in sides)

    async def addresses(self, host: str, platform: str, role: Role) -> tuple[str, ...]:
        return () if host in self.silent else ("192.0.2.1", "192.0.2.2")

    async def discover(self, wanted: Discover, platform: str) -> Found:
        self.pages += 1
        return Found(self.shown)

    async def pair(self, arm: ArmPlan, size: Size, purpose: str) -> Pair:
        assert (size, purpose) == (SIZE, "sentinel")
        self.pairs.append((arm.arm, arm.target.sni, arm.control.sni))
        return pair_of(arm.arm, 421 if arm.control.sni in self.refused else 200)


Sweep = Callable[..., dict[str, Pair]]


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def sweep(line: Line, monkeypatch: pytest.MonkeyPatch) -> Sweep:
    """sweep("tube", room=...) measures these platforms; what it remembers lasts as long as the test."""
    monkeypatch.setattr(sentinel, "Lookup", lambda context, resolvers, keep: line)
    memory = Remembered()

    def run(*platforms: str, room: Callable[[int], bool] = lambda need: True) -> dict[str, Pair]:
        sentinels = Sentinels(TARGETS, line, lambda row: None, memory, room)  # type: ignore[arg-type] # a stand-in
        return dict(asyncio.run(sentinels.sweep(platforms)))

    return run


def test_the_platforms_own_servers_come_first_and_our_server_never(line: Line, sweep: Sweep) -> None:
    found = sweep("tube", "chat")
    assert set(found) == {"tube", "chat"}
    assert line.pairs == [
        ("same_address", "img.tube.test", "quiet.test"),
        ("foreign", "chat.test", "kernel.test"),  # the second platform's usual control is the second one
    ]


def test_what_worked_is_used_again_alone_and_the_page_is_not_read_again_for_half_a_day(
    line: Line, sweep: Sweep
) -> None:
    line.refused = {"quiet.test"}
    sweep("tube")
    tried = [arm for arm, _, _ in line.pairs]
    assert tried == ["same_address", "same_address", "foreign"]
    line.pairs.clear()
    line.now = 11 * 3600.0
    sweep("tube")
    assert [arm for arm, _, _ in line.pairs] == ["foreign"]
    assert line.pages == 1
    line.now = 13 * 3600.0
    sweep("tube")
    assert line.pages == 2


def test_an_object_that_nobody_gives_any_more_is_looked_for_anew(line: Line, sweep: Sweep) -> None:
    line.refused = {"quiet.test", "pedia.test", "kernel.test"}
    assert sweep("tube")["tube"].target.status == 421
    line.refused = set()
    sweep("tube")
    assert line.pages == 2
    assert line.pairs[-1][0] == "same_address"


@pytest.mark.parametrize(
    ("silent", "shown", "platform"),
    [
        pytest.param(set(), None, "tube", id="its page shows no object"),
        pytest.param({"img.tube.test"}, "https://img.tube.test/a", "tube", id="its host has no address"),
        pytest.param({"pedia.test", "kernel.test"}, None, "chat", id="no control has an address"),
        pytest.param(set(), None, "bare", id="it has nothing to download"),
    ],
)
def test_a_platform_that_cannot_be_compared_is_left_out(
    line: Line, sweep: Sweep, silent: set[str], shown: str | None, platform: str
) -> None:
    line.silent, line.shown = silent, shown
    assert sweep(platform) == {}
    assert line.pairs == []


def test_a_control_that_has_given_its_share_today_is_spared(line: Line, sweep: Sweep) -> None:
    line.ledger.by_control["kernel"] = FOREIGN_BUDGET - FLOW_COST + 1
    sweep("chat")
    assert line.pairs == [("foreign", "chat.test", "pedia.test")]
    line.ledger.by_control["pedia"] = FOREIGN_BUDGET
    assert sweep("chat") == {}


@pytest.mark.parametrize(
    ("alone", "pages", "pairs"),
    [
        pytest.param({"www.tube.test"}, 0, [], id="its page"),
        pytest.param({"img.tube.test"}, 1, [], id="its object"),
        pytest.param({"quiet.test"}, 1, [("foreign", "img.tube.test", "pedia.test")], id="the neutral name"),
        pytest.param(
            {"quiet.test", "pedia.test"}, 1, [("foreign", "img.tube.test", "kernel.test")], id="a control"
        ),
    ],
)
def test_who_asked_us_to_stay_away_is_not_asked_again(
    line: Line, sweep: Sweep, alone: set[str], pages: int, pairs: list[tuple[str, str, str]]
) -> None:
    line.alone = alone
    sweep("tube")
    assert (line.pages, line.pairs) == (pages, pairs)


def test_without_room_in_the_budget_nothing_is_contacted(line: Line, sweep: Sweep) -> None:
    needed: list[int] = []

    def full(need: int) -> bool:
        needed.append(need)
        return False

    assert sweep("tube", room=full) == {}
    assert (line.pages, line.pairs, needed) == (0, [], [2 * FLOW_COST])


def test_room_that_ends_between_two_arms_ends_the_platforms_turn(line: Line, sweep: Sweep) -> None:
    line.refused = {"quiet.test"}
    answers = iter([True, True, False])
    found = sweep("tube", room=lambda need: next(answers))
    assert len(line.pairs) == 1
    assert found["tube"].arm == "same_address"
