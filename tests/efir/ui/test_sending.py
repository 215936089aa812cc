"""Sending by the page, to a running collector: the invite, what would go, going, and taking it all back."""

from pathlib import Path

import aiohttp
import pytest

from tests.commands import efir
from tests.efir.conftest import Operator, measured
from tests.efir.ui.conftest import Visitor, visiting
from vantage.consent import require_consent


@pytest.fixture
def invite(tmp_path: Path, operator: Operator) -> bytes:
    out = tmp_path / "invite.json"
    store = ("--store", operator.folder, "--collector", operator.url)
    assert efir("collect", "invite", *store, "--out", out) == 0
    return out.read_bytes()


async def take(visitor: Visitor, invite: bytes) -> str:
    form = aiohttp.FormData()
    form.add_field("file", invite, filename="invite.json")
    headers = {"Origin": visitor.site.guard.origin}
    async with visitor.client.post(
        visitor.site.guard.address + "invite", data=form, headers=headers
    ) as answer:
        return await answer.text()


async def test_results_go_once_and_can_be_taken_back(
    tmp_path: Path, operator: Operator, invite: bytes
) -> None:
    measured(tmp_path / "state", 5)
    async with visiting(tmp_path / "state") as visitor:
        await visitor.agree(upload="yes")
        assert "no invite yet" in await visitor.get("sending")
        assert "Results would go to: 127.0.0.1" in await take(visitor, invite)
        preview = await visitor.get("sending")
        assert "6 results would be sent" in preview
        assert "&quot;platform&quot;: &quot;youtube&quot;" in preview
        assert "6 results are with the operator; 0 still wait." in await visitor.post("send")
        assert "0 results would be sent" in await visitor.get("sending")
        assert "The collector deleted 6 results." in await visitor.post("unsend")
        assert require_consent(visitor.site.folder).upload is False
    assert operator.stored() == set()


async def test_a_collector_that_cannot_be_reached_is_told_and_the_results_stay(
    tmp_path: Path, operator: Operator, invite: bytes
) -> None:
    measured(tmp_path / "state", 5)
    gone = invite.replace(operator.url.encode(), b"http://127.0.0.1:9")
    async with visiting(tmp_path / "state") as visitor:
        await visitor.agree(upload="yes")
        await take(visitor, gone)
        assert "They are kept and tried again." in await visitor.post("send")
        assert 'role="alert"' in visitor.text
        assert "6 results would be sent" in visitor.text
