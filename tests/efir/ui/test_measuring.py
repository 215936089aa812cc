"""Measuring by the page: rounds, sessions, day and night, and the service that goes on without it."""

import asyncio
import re
import sys
from pathlib import Path

import pytest

from efir.commands.throttle import command as throttle
from tests.efir.ui.conftest import HOSTILE, Gate, idle, visiting
from vantage.service import Service


async def test_a_round_is_followed_and_its_end_told(tmp_path: Path, gate: Gate) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        await visitor.post("measure")
        assert "One round is being measured" in visitor.text
        assert "static/live.js" in visitor.text
        while "3 / 31" not in await visitor.get("live"):
            pass
        assert "Something is being measured already" in await visitor.post("start")
        gate.opened.set_result(None)
        await idle(visitor)
        await visitor.get("live")
        assert visitor.status == 204
        assert "A round is finished." in await visitor.get("")
        assert "A round is finished." not in await visitor.get(""), "told once"
        assert "static/live.js" not in visitor.text


@pytest.mark.parametrize(
    ("action", "said"), [("measure", "Stopped early"), ("start", "Measuring day and night has ended.")]
)
async def test_the_red_button_stops_it_and_keeps_what_was_measured(
    tmp_path: Path, gate: Gate, action: str, said: str
) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        assert "Stop measuring now" in await visitor.post(action)
        assert "Stop measuring now" in await visitor.get("results"), "on every page"
        await asyncio.wrap_future(gate.begun)
        assert said in await visitor.post("stop")
        assert visitor.site.work.doing is None
        assert visitor.site.folder.spool.exists()


async def test_the_page_and_the_command_name_the_same_cost_of_a_session(tmp_path: Path) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        about = (await visitor.get("")).partition("Downloads in pairs")[2].partition("</p>")[0]
    costs = re.findall(r"\d+ MB", throttle.help or "")
    assert costs
    assert re.findall(r"\d+ MB", about) == costs


async def test_day_and_night_can_be_paused(tmp_path: Path, gate: Gate) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        await visitor.post("start")
        assert "Paused: nothing is measured" in await visitor.post("pause")
        assert visitor.site.folder.paused.exists()
        assert "Efir measures day and night" in await visitor.post("resume")
        assert not visitor.site.folder.paused.exists()


async def test_our_own_mistake_ends_a_measurement_and_not_the_page(tmp_path: Path, gate: Gate) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        await visitor.post("measure")
        gate.opened.set_exception(RuntimeError(HOSTILE))
        with pytest.raises(RuntimeError):
            await idle(visitor)
        assert "a mistake of its own (RuntimeError)" in await visitor.get("")
        assert HOSTILE not in visitor.text


async def test_a_session_needs_a_platform_of_the_list(tmp_path: Path) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        assert "There is no such platform." in await visitor.post("compare", platform=HOSTILE)
        assert visitor.site.work.doing is None


async def test_what_a_long_run_has_finished_brings_the_page_up_to_date(tmp_path: Path, gate: Gate) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        page = await visitor.post("start")
        assert 'data-news="0"' in page
        doing = visitor.site.work.doing
        assert doing
        doing.say(HOSTILE)
        assert HOSTILE not in await visitor.get("live")
        assert visitor.headers["Efir-News"] == "1"
        assert 'data-news="1"' in await visitor.get("")


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service whose system is content with everything; its file."""
    done = (sys.executable, "-c", "")
    made = Service(tmp_path / "units" / "efir.service", b"unit", (done,), (done,), done)
    monkeypatch.setattr("efir.system_service.service", lambda *_: made)
    return made.path


def lies_there(unit: Path) -> bool:
    return unit.exists() and unit.read_bytes() == b"unit"


async def test_the_service_is_installed_shown_paused_and_removed(tmp_path: Path, service: Path) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        assert "No service is installed." in visitor.text
        assert "Installed: " in await visitor.post("install")
        assert lies_there(service)
        home = await visitor.get("")
        assert "The service is installed and runs." in home
        assert 'action="start"' not in home, "a second run beside it would measure everything twice"
        assert "Paused" in await visitor.post("pause")
        assert "The service is removed." in await visitor.post("uninstall")
        assert not lies_there(service)
        assert 'action="start"' in await visitor.get("")


async def test_a_service_goes_with_the_rest_if_that_is_wished(tmp_path: Path, service: Path) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        await visitor.post("install")
        assert "Remove the service too" in await visitor.get("data")
        await visitor.post("wipe", sure="yes", service="yes")
        assert not lies_there(service)


async def test_what_the_system_refuses_is_told(tmp_path: Path, service: Path) -> None:
    service.parent.write_text("no folder")
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        assert 'role="alert"' in await visitor.post("install")
        assert str(service.parent) in visitor.text
