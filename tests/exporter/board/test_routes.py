"""The page and the API over HTTP."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

import jsonschema
import pytest
from aiohttp import ClientSession

from exporter.board.openapi import FILE, document, text
from exporter.board.words import LANGUAGES, load_words
from exporter.reading import Reader
from tests.exporter.board.emulated import HOSTILE, hostile, reader, said, town
from tests.exporter.serving import served

MakeReader = Callable[[], Reader]
STATES = {"accessible", "blocked", "intercepted", "throttled", "down", "inconclusive", "mixed", "no_data"}


class Elements(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


async def page(session: ClientSession, path: str = "/", **headers: str) -> Elements:
    async with session.get(path, headers=headers) as answer:
        assert answer.status == 200
        return Elements(await answer.text())


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_page_speaks_the_readers_language(language: str) -> None:
    async with served(town()) as session:
        by_name = await page(session, f"/?lang={language}")
        by_browser = await page(session, **{"Accept-Language": f"{language}-KZ,de;q=0.5"})
    for elements in (by_name, by_browser):
        assert ("html", {"lang": language}) in elements.tags
        assert load_words(language).title in elements.words
        assert load_words(language).states["throttled"] in elements.words
        assert (load_words(language).unreviewed in elements.words) or load_words(language).reviewed


@pytest.mark.parametrize("make", [town, hostile, lambda: reader([])], ids=["town", "hostile", "empty"])
async def test_the_page_runs_no_script_and_loads_nothing_from_elsewhere(make: MakeReader) -> None:
    async with served(make()) as session:
        async with session.get("/") as answer:
            policy = answer.headers["Content-Security-Policy"]
        elements = await page(session)
        for tag, attributes in elements.tags:
            if tag in ("link", "img", "a") and not (attributes.get("href") or "#").startswith(("#", "?")):
                async with session.get("/" + (attributes["href"] or "")) as answer:
                    assert answer.status == 200, attributes
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    for tag, attributes in elements.tags:
        assert tag not in ("script", "iframe", "object", "form", "style")
        assert not {name for name in attributes if name.startswith("on") or name == "style"}
        for name in ("src", "href"):
            assert not re.match(r"\w+:|//", attributes.get(name) or "")


async def test_hostile_strings_are_shown_as_text() -> None:
    async with served(hostile()) as session:
        elements = await page(session)
        async with session.get("/api/v1/state") as answer:
            kind, state = answer.content_type, await answer.json()
    # What turns or hides the text around it is shown as a sign of its own.
    assert HOSTILE.replace("\x00", "\ufffd").replace("\u202e", "\ufffd") in elements.words
    assert "\u202e" not in elements.words
    assert "49" not in elements.words
    assert kind == "application/json"
    assert state["networks"][0]["country"] == "unknown"  # no code of a country


async def test_no_data_has_its_own_sign_word_and_pattern_and_never_looks_fine() -> None:
    async with served(reader([said("v", "vk", "accessible")], own=True)) as session:
        elements = await page(session, "/?lang=en")
    kinds = [set((attributes.get("class") or "").split()) & STATES for _tag, attributes in elements.tags]
    assert {"no_data"} in kinds
    assert "no data" in elements.words
    # vk works now, this hour and this day; everything else is unknown.
    in_strips = [each for (tag, _), each in zip(elements.tags, kinds, strict=True) if tag == "i"]
    assert in_strips.count({"accessible"}) == 2
    assert in_strips.count({"no_data"}) == 2 * (24 + 30) - 2


async def test_an_empty_store_says_that_nothing_is_known() -> None:
    async with served(reader([])) as session:
        assert load_words("en").nothing in (await page(session, "/?lang=en")).words


async def test_tables_name_their_rows_and_columns_and_pictures_say_what_they_show() -> None:
    async with served(town()) as session:
        elements = await page(session, "/?lang=en")
    headers = [attributes.get("scope") for tag, attributes in elements.tags if tag == "th"]
    assert headers.count("col") == 6
    assert headers.count("row") == 2
    labels = [
        attributes.get("aria-label") for _tag, attributes in elements.tags if attributes.get("role") == "img"
    ]
    assert "YouTube: measured in 23 of 24 hours, interference in 4; hours of events: 3" in labels
    assert "VK: measured in 23 of 24 hours, interference in 0" in labels
    marked = [each.get("title") or "" for _tag, each in elements.tags if "event" in (each.get("class") or "")]
    assert [title.endswith("; during an event") for title in marked] == [True] * 3
    assert all(labels)
    ids = [attributes["id"] for _tag, attributes in elements.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {attributes.get("aria-labelledby") for _tag, attributes in elements.tags} - {None} <= set(ids)


def test_the_description_of_the_api_is_made_from_the_records() -> None:
    assert FILE.read_text("utf-8") == text()


def schema_of(path: str, status: str) -> dict[str, object]:
    described = document()["paths"][path]["get"]["responses"][status]
    return {**described["content"]["application/json"]["schema"], "components": document()["components"]}


CELL = "asn=9198&country=KZ&platform=youtube"


@pytest.mark.parametrize("make", [town, hostile, lambda: reader([])], ids=["town", "hostile", "empty"])
@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        pytest.param("/api/v1/state", "", 200, id="state"),
        pytest.param("/api/v1/history", CELL, 200, id="hours"),
        pytest.param("/api/v1/history", f"{CELL}&resolution=day", 200, id="days"),
        pytest.param("/api/v1/history", "asn=1&country=XX&platform=none", 200, id="of nobody"),
        pytest.param("/api/v1/history", "asn=9198", 400, id="half a question"),
        pytest.param("/api/v1/history", f"{CELL}&resolution=week", 400, id="an unknown resolution"),
    ],
)
async def test_answers_are_as_described(make: MakeReader, path: str, query: str, status: int) -> None:
    async with served(make()) as session, session.get(f"{path}?{query}") as answer:
        assert answer.status == status
        jsonschema.validate(
            await answer.json(),
            schema_of(path, str(status)),
            format_checker=jsonschema.FormatChecker(),
        )


async def test_the_history_has_every_hour_and_hides_the_few() -> None:
    async with served(town()) as session:
        async with session.get(f"/api/v1/history?{CELL}") as answer:
            hours = (await answer.json())["hours"]
        async with session.get("/api/v1/history?asn=35104&country=KZ&platform=vk") as answer:
            hidden = (await answer.json())["hours"]
    assert len(hours) == 720
    assert hours[-1]["state"] == "throttled"
    assert hours[-1]["vantages"] == 5
    assert {each["state"] for each in hidden} == {None}
    assert {each["vantages"] for each in hidden} == {0}
