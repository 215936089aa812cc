"""Flows side by side tell what shares a rate, and no more of them are run than needed."""

import asyncio
from types import SimpleNamespace

import pytest

from measurements.targets import Helper
from measurements.throttle.flow import Flow
from measurements.throttle.scope import by_sharing
from probes.sessions.arms import ArmPlan, Side, helper_arm
from probes.sessions.pairs import Size
from probes.sessions.sharing import look

RATE = 20_000
PLATFORM_S = {"www.one.example", "www.two.example"}


class Box:
    """Stands in for the flows of a session: each bucket's rate is shared by the flows that run at once."""

    def __init__(self, bucket: str) -> None:
        self.bucket = bucket
        self.waiting: list[object] = []
        self.context = SimpleNamespace(new_id=lambda: "group")
        self.run = 0

    def key(self, side: Side, address: str) -> object:
        keys = {"connection": self.run, "sni": side.sni, "address": address, "subscriber": ""}
        return keys[self.bucket]

    async def beside(self, arm: ArmPlan, side: Side, address: str, size: Size, *, group: str) -> Flow:
        assert side.sni in PLATFORM_S
        self.run += 1
        self.waiting.append(key := self.key(side, address))
        await asyncio.sleep(0)  # the other flow begins
        rate = RATE / self.waiting.count(key)
        await asyncio.sleep(0)
        self.waiting.remove(key)
        sizes = tuple(range(4000, size.cap_bytes + 1, 4000))
        return Flow(
            role="target",
            times=tuple(each / rate for each in sizes),
            sizes=sizes,
            elapsed=sizes[-1] / rate,
            complete=True,
            status=200,
        )


@pytest.mark.parametrize(
    ("bucket", "flows"), [("connection", 2), ("address", 4), ("sni", 6), ("subscriber", 6)]
)
async def test_what_shares_the_rate_is_found_with_as_few_flows_as_it_takes(bucket, flows):
    box = Box(bucket)
    helper = Helper(addresses=("192.0.2.1", "192.0.2.2", "192.0.2.3"), sha256="ab" * 32)
    arm = helper_arm(helper, "one", "web", "www.one.example")
    size = Size(cap_bytes=100_000, cap_seconds=10)
    seen = await look(box, arm, lambda: size, RATE, "www.two.example")
    assert by_sharing(seen) == bucket
    assert box.run == flows


async def test_without_another_address_two_flows_are_all_that_is_run():
    box = Box("address")
    arm = helper_arm(Helper(addresses=("192.0.2.1",), sha256="ab" * 32), "one", "web", "www.one.example")
    seen = await look(box, arm, lambda: Size(cap_bytes=100_000, cap_seconds=10), RATE, "www.two.example")
    assert (by_sharing(seen), box.run) == (None, 2)
