"""The page as a browser meets it: who is let in, in which language, and the end."""

import asyncio
from pathlib import Path

import pytest

from efir.ui.guard import HEADERS
from efir.ui.server import preferred
from tests.efir.ui.conftest import HOSTILE, Gate, stored, visiting


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
