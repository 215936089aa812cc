"""The page as a browser meets it: consent first, every form, every refusal, and the end."""

import asyncio
import json
import re
import sys
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from efir.commands.throttle import command as throttle
from efir.exits import Exit
from efir.measuring import Measured
from efir.ui import work
from efir.ui.guard import HEADERS
from efir.ui.server import preferred
from measurements.database import IN_MEMORY
from measurements.records import SummaryLine, ThrottleLine
from measurements.rules.line import Line
from measurements.state import StateError, StateFolder
from measurements.store import Spool
from tests.collector.emulated import observation, verdict
from tests.commands import efir
from tests.efir.ui.conftest import LINE, Visitor, visiting
from vantage.consent import Consent, read_consent, withdraw
from vantage.line import Stated, read_stated
from vantage.service import Service

HOSTILE = "<img src=x onerror=alert(1)>"


def consent_of(visitor: Visitor) -> Consent | None:
    return read_consent(StateFolder(visitor.site.shared.state))


def summary(run_id: str, cancelled: bool = False) -> SummaryLine:
    return SummaryLine(
        run_id=run_id,
        online=True,
        international_cut=False,
        controls_ok=7,
        controls_total=7,
        bytes_sent=1000,
        bytes_received=499_000,
        duration_seconds=26.0,
        cancelled=cancelled,
    )


def stored(state: Path, **fields: Any) -> None:
    """A round in which YouTube is blocked, and a session."""
    session = ThrottleLine(
        platform="vk", verdict="throttled", ratio=0.05, pairs=10, reason="tariff_not_excluded"
    )
    now = datetime.now(UTC)
    with Spool(StateFolder(state).spool) as spool:
        spool.add([observation(each) for each in range(3)])
        spool.add_verdicts([verdict(run_id="run-1", stage="tls", **fields)])
        spool.add_round(summary("run-1"), now)
        spool.add_throttle(session, "session-1", "run-2", now)


class Gate:
    """A measurement that goes on until the test lets it end, or it is stopped."""

    def __init__(self) -> None:
        self.opened: Future[None] = Future()  # threads may set it
        self.begun: Future[None] = Future()
        self.steps = [("controls", 7, 7), ("platforms", 3, 31)]

    async def round(self, shared: Any, targets: Any, platforms: Any, spool: Spool, step: Any) -> Measured:
        for each in self.steps:
            step(*each)
        self.begun.set_result(None)
        cancelled = False
        try:
            await asyncio.wrap_future(self.opened)
        except asyncio.CancelledError:
            cancelled = True
        told = summary("run-9", cancelled)
        spool.add_round(told, datetime.now(UTC))
        line = Line(situation="online", controls_ok=1, controls_total=1)
        return Measured(line, [], told)

    async def run(self) -> Exit:
        """As a `Cycle` does: stopping is no error."""
        self.begun.set_result(None)
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return Exit.INTERRUPTED


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    made = Gate()
    monkeypatch.setattr(work, "measure_once", made.round)
    monkeypatch.setattr("efir.cycle.make_cycle", lambda *_, **__: made)
    return made


async def idle(visitor: Visitor) -> None:
    """Wait until what runs has ended."""
    future = visitor.site.work._future
    assert future is not None
    await asyncio.wrap_future(future)


# Letting in ---------------------------------------------------------------------------------------------------------


async def test_the_browsers_first_address_leads_to_the_page_once(tmp_path: Path) -> None:
    async with visiting(tmp_path / "s", follow_browser=True) as visitor:
        first = visitor.site.guard.first_address
        async with visitor.client.get(first, headers={"Accept-Language": "kk-KZ,kk;q=0.9"}) as answer:
            assert str(answer.url).startswith(visitor.site.guard.address)
            assert 'lang="kk"' in await answer.text()
        async with visitor.client.get(first) as again:
            assert again.status == 404


@pytest.mark.parametrize("path", ["/", "/wrong/", "/wrong/results", "/wrong/static/ui.css", "/favicon.ico"])
async def test_without_the_token_there_is_nothing(tmp_path: Path, path: str) -> None:
    async with (
        visiting(tmp_path / "s") as visitor,
        visitor.client.get(visitor.site.guard.origin + path) as answer,
    ):
        assert answer.status == 404
        assert visitor.site.guard.token not in await answer.text()


async def test_what_the_guard_refuses_changes_nothing(tmp_path: Path) -> None:
    async with visiting(tmp_path / "s") as visitor:
        address = visitor.site.guard.address
        for headers in ({}, {"Origin": "null"}, {"Origin": "http://evil.example"}):
            async with visitor.client.post(address + "quit", headers=headers) as answer:
                assert answer.status == 403
        async with visitor.client.get(address, headers={"Host": "rebound.example"}) as answer:
            assert answer.status == 403
        for method in ("PUT", "DELETE", "OPTIONS"):
            headers = {"Origin": visitor.site.guard.origin}
            async with visitor.client.request(method, address, headers=headers) as answer:
                assert answer.status == 405
        assert not visitor.site.ending.is_set()


@pytest.mark.parametrize(
    "path", ["consent", "data", "download", "static/ui.css", "static/../server.py", "nothing"]
)
async def test_every_answer_carries_the_policy_and_is_kept_nowhere(tmp_path: Path, path: str) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.get(path)
        assert {name: visitor.headers[name] for name in HEADERS} == HEADERS
        assert "Set-Cookie" not in visitor.headers


async def test_a_form_that_is_too_large_is_refused(tmp_path: Path) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        await visitor.post("invite", file="x" * 200_000)
        assert visitor.status == 413


@pytest.mark.parametrize(
    ("header", "language"),
    [("kk-KZ,ru;q=0.8", "kk"), ("de, ru-RU;q=0.7", "ru"), ("de", "en"), ("", "en"), (";;,-", "en")],
)
def test_the_browsers_language_is_followed(header: str, language: str) -> None:
    assert preferred(header) == language


# Consent ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["", "results", "settings", "sending"])
async def test_before_consent_every_page_is_the_consent_and_nothing_is_stored(
    tmp_path: Path, page: str
) -> None:
    async with visiting(tmp_path / "s") as visitor:
        assert "Who can see it" in await visitor.get(page)
        assert "efir wipe" in visitor.text, "the text of the terminal"
        await visitor.post("measure")
        assert "Who can see it" in visitor.text
        assert visitor.site.work.doing is None
        assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"control0": "no", "control1": "no", "agrees": "yes"}, "Efir does not hide you; please read"),
        ({"control0": "yes", "control1": "yes", "agrees": "yes"}, "Nobody can promise that; please read"),
        ({"control0": "yes", "control1": "no", "agrees": "no"}, "Not agreed; nothing is measured"),
        ({"control0": "yes", "control1": "no"}, "A question was left without an answer"),
        ({"control0": "maybe", "control1": "no", "agrees": "yes"}, "A question was left without an answer"),
    ],
    ids=["believes to be hidden", "believes it is safe", "says no", "says nothing", "says something else"],
)
async def test_anything_but_an_informed_yes_records_nothing(
    tmp_path: Path, answers: dict[str, str], said: str
) -> None:
    async with visiting(tmp_path / "s") as visitor:
        assert said in await visitor.post("agree", **answers)
        assert consent_of(visitor) is None
        assert not (tmp_path / "s").exists()


async def test_consent_is_recorded_with_the_lines_that_were_ticked_and_the_line_is_asked_next(
    tmp_path: Path,
) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree(helper="yes", live="yes")
        consent = consent_of(visitor)
        assert consent
        assert (consent.interactive, consent.helper, consent.upload, consent.trace) == (
            True,
            True,
            False,
            False,
        )
        assert not consent.live, "results that are not sent are not sent soon"
        assert "Do you pay by volume" in visitor.text
        await visitor.post("line", **LINE)
        assert read_stated(visitor.site.folder) == Stated(
            plan="plain", metered=False, tethered=None, access="mobile", vpn=False
        )
        assert "0.0 MB of 100.0 MB" in visitor.text


@pytest.mark.parametrize("name", LINE)
async def test_an_answer_that_is_none_of_those_offered_is_not_kept(tmp_path: Path, name: str) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        assert "without an answer" in await visitor.post("line", **LINE | {name: HOSTILE})
        assert read_stated(visitor.site.folder) is None


async def test_the_lines_can_be_changed_and_the_consent_taken_back(tmp_path: Path, gate: Gate) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        await visitor.post("lines", upload="yes", live="yes")
        consent = consent_of(visitor)
        assert consent
        assert (consent.helper, consent.upload, consent.live) == (False, True, True)
        await visitor.post("measure")
        assert "Your consent is taken back." in await visitor.post("unagree")
        assert consent_of(visitor) is None
        assert visitor.site.work.doing is None


async def test_a_consent_taken_back_elsewhere_counts_at_once(tmp_path: Path) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        withdraw(visitor.site.folder)
        assert "Who can see it" in await visitor.get("results")
        assert "Who can see it" in await visitor.post("measure")


# Measuring ----------------------------------------------------------------------------------------------------------


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


# The service --------------------------------------------------------------------------------------------------------


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


# Results and data ---------------------------------------------------------------------------------------------------


async def test_results_are_told_in_words_and_strangers_text_is_escaped(tmp_path: Path) -> None:
    stored(tmp_path / "s", reason=HOSTILE)
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        page = await visitor.get("results")
        for words in ("YouTube: blocked", "setting up encryption", "slowed down", "0.05, 10 pairs", "7 of 7"):
            assert words in page
        assert HOSTILE not in page
        assert "&lt;img src=x" in page


async def test_a_platform_that_the_targets_no_longer_name_is_shown_escaped(tmp_path: Path) -> None:
    stored(tmp_path / "s", platform=HOSTILE)
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        assert HOSTILE not in await visitor.get("results") + await visitor.get("") + await visitor.get(
            "sending"
        )


async def test_the_preview_and_the_download_hold_all_that_is_stored(tmp_path: Path) -> None:
    stored(tmp_path / "s")
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        assert "6 results would be sent" in await visitor.get("sending")
        rows = [json.loads(line) for line in (await visitor.get("download")).splitlines()]
        assert [row.get("type", "observation") for row in rows] == [
            "observation",
            "observation",
            "observation",
            "verdict",
            "summary",
            "throttle",
        ]
        assert all("time" in row for row in rows)
        assert "attachment; filename=" in visitor.headers["Content-Disposition"]


async def test_a_researcher_can_import_the_download(tmp_path: Path) -> None:
    stored(tmp_path / "s")
    copy = tmp_path / "copy.jsonl"
    async with visiting(tmp_path / "s") as visitor:
        await asyncio.to_thread(copy.write_text, await visitor.get("download"))
    assert efir("import", copy, "--into", tmp_path / "data", "--quiet") == Exit.OK


async def test_results_are_deleted_only_after_a_yes_and_the_consent_stays(tmp_path: Path) -> None:
    stored(tmp_path / "s")
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        assert "Nothing was removed." in await visitor.post("delete")
        assert visitor.site.folder.spool.exists()
        assert "The results are deleted." in await visitor.post("delete", sure="yes")
        assert not list(visitor.site.folder.root.glob("spool*"))
        assert consent_of(visitor) is not None
        assert "Nothing is stored." in await visitor.get("data")


async def test_an_invite_is_taken_or_refused_with_its_reason(tmp_path: Path) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        form = aiohttp.FormData()
        form.add_field("file", b"{}", filename=HOSTILE)
        headers = {"Origin": visitor.site.guard.origin}
        async with visitor.client.post(
            visitor.site.guard.address + "invite", data=form, headers=headers
        ) as answer:
            text = await answer.text()
        assert "is no invite" in text
        assert HOSTILE not in text
        assert not visitor.site.folder.invite.exists()
        assert "No file was chosen." in await visitor.post("invite", file="words")


@pytest.mark.parametrize(
    ("action", "said"), [("send", "have not agreed to send"), ("unsend", "there is no invite")]
)
async def test_nothing_is_sent_without_consent_and_invite(tmp_path: Path, action: str, said: str) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        assert said in (await visitor.post(action)).lower()


async def test_in_memory_nothing_but_the_answers_lies_on_disk(tmp_path: Path, gate: Gate) -> None:
    with Spool(IN_MEMORY) as memory:
        async with visiting(tmp_path / "s", memory=memory) as visitor:
            await visitor.agree()
            await visitor.post("measure")
            gate.opened.set_result(None)
            await idle(visitor)
            assert "1 rounds" in await visitor.get("data")
            assert [each.name for each in (tmp_path / "s").iterdir()] == ["consent.json"]


def lose_the_key(folder: StateFolder) -> None:
    folder.spool.write_bytes(bytes(range(256)) * 32)  # as of a cipher
    folder.key.unlink(missing_ok=True)


def damage_the_store(folder: StateFolder) -> None:
    folder.spool.write_text("no database")


def damage_the_consent(folder: StateFolder) -> None:
    folder.consent.write_text("{")


@pytest.mark.parametrize("trouble", [lose_the_key, damage_the_store])
async def test_where_the_results_cannot_be_read_every_page_says_so_and_leads_to_the_way_out(
    tmp_path: Path, trouble: Callable[[StateFolder], None]
) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        trouble(visitor.site.folder)
        for path in ("", "results", "sending", "download"):
            page = await visitor.get(path)
            assert visitor.status == 500
            for part in ("spool.sqlite3", 'href="data"', 'action="unagree"', 'action="quit"'):
                assert part in page, path
        assert "spool.sqlite3" in await visitor.get("data")
        assert visitor.status == 200
        assert "Take the consent back" in await visitor.get("settings")
        assert visitor.status == 200


@pytest.mark.parametrize("trouble", [lose_the_key, damage_the_store, damage_the_consent])
@pytest.mark.parametrize(
    ("action", "said", "left"),
    [
        ("delete", "The results are deleted.", ["consent.json"]),
        ("wipe", "Everything is removed", []),
    ],
)
async def test_what_cannot_be_read_can_be_removed(
    tmp_path: Path, trouble: Callable[[StateFolder], None], action: str, said: str, left: list[str]
) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        trouble(visitor.site.folder)
        assert f'action="{action}"' in await visitor.get("data")
        assert said in await visitor.post(action, sure="yes")
        assert [each.name for each in (tmp_path / "s").glob("*")] == left


@pytest.mark.parametrize("trouble", [lose_the_key, damage_the_store, damage_the_consent])
async def test_the_consent_can_be_taken_back_whatever_is_damaged(
    tmp_path: Path, trouble: Callable[[StateFolder], None]
) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        trouble(visitor.site.folder)
        assert 'action="unagree"' in await visitor.get("")
        assert "Your consent is taken back." in await visitor.post("unagree")
        assert consent_of(visitor) is None


async def test_a_consent_that_cannot_be_removed_stops_what_runs_all_the_same(
    tmp_path: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(folder: StateFolder) -> None:
        raise StateError(f"{folder.consent} cannot be removed")

    monkeypatch.setattr("efir.ui.actions.take_consent_back", refused)
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        await visitor.post("measure")
        assert "cannot be removed" in await visitor.post("unagree")
        assert visitor.site.work.doing is None


# Languages, and the end ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "word"), [("kk", "Нәтижелер"), ("ru", "Результаты"), ("en", "Results")])
async def test_every_page_is_in_the_language_that_was_chosen(
    tmp_path: Path, language: str, word: str
) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        page = await visitor.post("language", to=language, back="results")
        assert f"<h1>{word}</h1>" in page
        assert f'<html lang="{language}">' in page


@pytest.mark.parametrize("back", ["http://evil.example/", "//evil.example", HOSTILE, ""])
async def test_the_choice_of_a_language_leads_nowhere_else(tmp_path: Path, back: str) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        await visitor.post("language", to=HOSTILE, back=back)
        assert visitor.status == 200
        assert "<h1>Measure</h1>" in visitor.text


async def test_quitting_stops_what_runs_and_ends_the_program(tmp_path: Path, gate: Gate) -> None:
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        await visitor.post("measure")
        assert "Efir has ended" in await visitor.post("quit")
        assert visitor.site.work.doing is None
        await asyncio.wait_for(visitor.site.ending.wait(), 10)


async def test_wiping_needs_a_yes_then_removes_everything_and_ends_the_program(
    tmp_path: Path, gate: Gate
) -> None:
    stored(tmp_path / "s")
    async with visiting(tmp_path / "s") as visitor:
        await visitor.agree()
        await visitor.post("measure")
        assert "Nothing was removed." in await visitor.post("wipe")
        assert "Everything is removed" in await visitor.post("wipe", sure="yes")
        assert not (tmp_path / "s").exists()
        await asyncio.wait_for(visitor.site.ending.wait(), 10)
