"""The extra arms over loopback: the bit-inverted replay, and a site inside the country."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from random import Random

import pytest

from lab.loopback import Pacing, Relay, running_helper, running_relay
from measurements.records import Observation
from measurements.targets import Control, Helper, Transfer
from probes.base import Context
from probes.sessions.addresses import Split
from probes.sessions.arms import ArmPlan, helper_arm, own_side
from probes.sessions.extra import TIMES, domestic, inverted
from probes.sessions.lookup import Lookup
from probes.sessions.pairs import Flows, Ledger, Size
from tests.certificates import Leaf
from tests.servers import answer, tcp_server

SLOWED = "www.youtube.com"
SIZE = Size(cap_bytes=100_000, cap_seconds=1.0)
PAGE = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + bytes(100_000))


def flows_of(context: Context, rows: list[Observation], ledger: Ledger | None = None) -> Flows:
    return Flows(
        context=context,
        keep=rows.append,
        ledger=ledger or Ledger(),
        random=Random(1),
        network=lambda: "home",
        started=datetime.now(UTC),
        session="youtube",
    )


@contextmanager
def slowed_helper() -> Iterator[tuple[ArmPlan, Relay]]:
    with (
        running_helper() as helper,
        running_relay(("127.0.0.1", helper.port), {SLOWED: Pacing(rate=20_000)}) as (port, relay),
    ):
        ours = Helper(addresses=("127.0.0.1",), port=port, sha256=helper.sha256)
        yield helper_arm(ours, "youtube", "web", SLOWED), relay


async def test_bytes_turned_over_pass_where_the_name_is_slowed(context: Context) -> None:
    rows: list[Observation] = []
    with slowed_helper() as (arm, relay):
        speed = await inverted(flows_of(context, rows), arm, lambda: SIZE)
        assert relay.seen == [("127.0.0.1", None)] * TIMES  # no name could be read
    assert speed is not None
    assert speed > 100_000
    assert [
        (row.transfer.arm, row.transfer.purpose, row.transfer.session) for row in rows if row.transfer
    ] == [("inverted", "scope", "youtube")] * TIMES


async def test_a_helper_that_cannot_turn_bytes_over_is_left_alone(context: Context, leaf: Leaf) -> None:
    async with tcp_server(PAGE, tls=leaf.context()) as server:
        ours = Helper(addresses=("127.0.0.1",), port=server.port, sha256="00" * 32)
        arm = helper_arm(ours, "youtube", "web", SLOWED)
        assert await inverted(flows_of(context, []), arm, lambda: SIZE) is None


async def test_only_our_own_server_is_asked_to_turn_bytes_over(context: Context) -> None:
    rows: list[Observation] = []
    own = own_side("youtube", "web", "https://good.test/object")
    arm = ArmPlan(arm="same_address", target=own, control=own, addresses=Split(("127.0.0.1",), ()))
    assert await inverted(flows_of(context, rows), arm, lambda: SIZE) is None
    assert rows == []


def control(name: str, port: int, scope: str = "domestic", with_object: bool = True) -> Control:
    url = f"https://127.0.0.1:{port}/"
    return Control(
        id=name,
        name=name,
        scope="domestic" if scope == "domestic" else "foreign",
        url=url,
        probes=("tls",),
        transfer=Transfer(url=url) if with_object else None,
    )


class Numeric(Lookup):
    """Gives a numeric host as its own address."""

    async def addresses(self, host: str, *_: object, **__: object) -> tuple[str, ...]:
        return (host,)


@pytest.mark.parametrize(
    ("taken", "found"),
    [pytest.param(0, True, id="free"), pytest.param(4_400_000, False, id="its bytes of today are spent")],
)
async def test_a_site_inside_the_country_tells_the_line_s_own_speed(
    context: Context, leaf: Leaf, taken: int, found: bool
) -> None:
    rows: list[Observation] = []
    ledger = Ledger()
    ledger.by_control["inside"] = taken
    async with tcp_server(PAGE, tls=leaf.context()) as server:
        controls = [
            control("abroad", server.port, "foreign"),
            control("small", server.port, with_object=False),
            control("inside", server.port),
        ]
        flows = flows_of(context, rows, ledger)
        speed = await domestic(flows, controls, Numeric(context, (), rows.append), lambda: SIZE)
    assert (speed is not None) == found
    assert {(row.platform, row.transfer.arm) for row in rows if row.transfer} == (
        {("inside", "domestic")} if found else set()
    )


async def test_nothing_is_run_once_nothing_is_left_to_spend(context: Context) -> None:
    rows: list[Observation] = []
    with slowed_helper() as (arm, _):
        assert await inverted(flows_of(context, rows), arm, lambda: None) is None
    assert rows == []
