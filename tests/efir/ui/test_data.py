"""What is stored, by the page: told, handed out, deleted, and removed even where it cannot be read."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from efir.exits import Exit
from measurements.database import IN_MEMORY
from measurements.state import StateError, StateFolder
from measurements.store import Spool
from tests.commands import efir
from tests.efir.ui.conftest import HOSTILE, Gate, consent_of, idle, stored, visiting


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
