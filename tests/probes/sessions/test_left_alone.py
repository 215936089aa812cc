"""A server that answers 403 or 429 is not asked again that day (DESIGN section 2, rule 8)."""

from datetime import UTC, datetime
from random import Random

import pytest
from cryptography.hazmat.primitives import hashes

from measurements.targets import Helper
from probes.base import Context
from probes.sessions.addresses import Split
from probes.sessions.arms import ArmPlan, helper_arm, own_side, same_address_arms
from probes.sessions.pairs import Flows, Ledger, Size
from tests.certificates import Leaf
from tests.servers import answer, tcp_server

SIZE = Size(cap_bytes=100_000, cap_seconds=5)


def flows_of(context: Context) -> Flows:
    return Flows(
        context=context,
        keep=lambda row: None,
        ledger=Ledger(),
        random=Random(1),
        network=lambda: "home",
        started=datetime.now(UTC),
    )


@pytest.mark.parametrize(
    ("status", "ours", "alone"),
    [
        pytest.param(429, False, True, id="too many requests"),
        pytest.param(403, False, True, id="forbidden"),
        pytest.param(421, False, False, id="another name would do"),
        pytest.param(404, False, False, id="no such object"),
        pytest.param(429, True, False, id="our own server"),
    ],
)
async def test_a_refusal_holds_for_the_host_that_gave_it(
    context: Context, leaf: Leaf, status: int, ours: bool, alone: bool
) -> None:
    no = answer(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())
    async with tcp_server(no, tls=leaf.context()) as server:
        own = own_side("youtube", "web", f"https://good.test:{server.port}/object")
        arm = ArmPlan(arm="same_address", target=own, control=own, addresses=Split(("127.0.0.1",), ()))
        if ours:
            pin = leaf.certificate.fingerprint(hashes.SHA256()).hex()
            helper = Helper(addresses=("127.0.0.1",), port=server.port, sha256=pin)
            arm = helper_arm(helper, "youtube", "web", "good.test")
        flows = flows_of(context)
        assert not flows.left_alone(own)
        flow = await flows.single(arm, "target", SIZE, "warm_up")
    assert flow.status == status
    assert flows.left_alone(own) is alone
    assert not flows.left_alone(own_side("vk", "web", "https://other.test/object"))


@pytest.mark.parametrize(("status", "alone"), [(403, False), (429, True)])
async def test_a_cdn_that_forbids_two_names_has_not_refused_the_one(
    context: Context, leaf: Leaf, status: int, alone: bool
) -> None:
    no = answer(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())
    async with tcp_server(no, tls=leaf.context()) as server:
        flows = flows_of(context)
        own = own_side("youtube", "web", f"https://own.test:{server.port}/object")
        fronted, _ = same_address_arms(own, "good.test", Split(("127.0.0.1",), ("127.0.0.1",)))
        await flows.single(fronted, "control", SIZE, "warm_up")
    assert flows.left_alone(fronted.control)
    assert flows.left_alone(own) is alone
