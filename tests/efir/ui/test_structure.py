"""Pages as those meet them who hear them or use a keyboard (WCAG 2.1 A and AA): languages, headings, labels, names."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from efir.ui.markup import tag
from tests.efir.ui.conftest import visiting
from tests.efir.ui.test_server import stored

PAGES = ("", "results", "settings", "sending", "data")
_VOID = {"meta", "link", "input", "br", "hr"}


class Outline(HTMLParser):
    """What a page consists of, and what is wrong with it."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.language: str | None = None
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.labels: set[str] = set()
        self.unnamed: list[str] = []
        self.controls: list[tuple[str, str | None, bool]] = []  # tag, id, in a label
        self.words: dict[int, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = dict(attrs)
        around = [name for name, _ in self.open]
        if tag == "html":
            self.language = about.get("lang")
        if tag in ("h1", "h2", "h3"):
            self.headings.append(int(tag[1]))
        if about.get("id"):
            self.ids.append(about["id"] or "")
        if tag == "label" and about.get("for"):
            self.labels.add(about["for"] or "")
        measured = tag in ("select", "progress", "meter")
        if measured or (tag == "input" and about.get("type") != "hidden"):
            self.controls.append((tag, about.get("id"), "label" in around))
        if tag not in _VOID:
            self.open.append((tag, about))

    def handle_data(self, data: str) -> None:
        for depth in range(len(self.open)):
            self.words[depth] = self.words.get(depth, "") + data.strip()

    def handle_endtag(self, tag: str) -> None:
        depth = len(self.open) - 1
        name, about = self.open.pop()
        assert name == tag, f"</{tag}> ends <{name}>"
        if not self.words.pop(depth, "") and name in ("a", "button", "h1", "h2", "h3", "legend", "label"):
            self.unnamed.append(f"{name} {about}")


def outline(html: str) -> Outline:
    found = Outline()
    found.feed(html)
    found.close()
    assert found.open == []
    return found


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
async def test_each_page_can_be_heard_and_walked_through(tmp_path: Path, language: str) -> None:
    stored(tmp_path / "s")
    async with visiting(tmp_path / "s") as visitor:
        await visitor.post("language", to=language)
        pages = {"consent": await visitor.get("")}
        await visitor.agree()
        for page in PAGES:
            pages[page] = await visitor.get(page)
    wrong = {page: complaints(outline(html), language) for page, html in pages.items()}
    assert {page: found for page, found in wrong.items() if found} == {}


def complaints(seen: Outline, language: str) -> list[str]:
    steps = zip(seen.headings, seen.headings[1:], strict=False)
    checks = {
        f"its language is {seen.language}": seen.language != language,
        "it does not begin with its one first heading": seen.headings[:1] + seen.headings[1:].count(1) * [1]
        != [1],
        "it skips a level of headings": any(after > before + 1 for before, after in steps),
        "two parts have one id": len(seen.ids) != len(set(seen.ids)),
        f"nameless: {seen.unnamed}": bool(seen.unnamed),
        "a field has no label": any(
            not inside and name not in seen.labels for _, name, inside in seen.controls
        ),
    }
    return [text for text, wrong in checks.items() if wrong]


def test_the_outline_finds_what_is_wrong() -> None:
    fields = (tag("input", type="text", id="x"), tag("p", id="x"), tag("button"), tag("label", tag("input")))
    bad = tag("html", tag("h2", "a"), tag("h1", "b"), tag("h3", "c"), *fields, lang="en")
    found = complaints(outline(bad), "kk")
    assert len(found) == 6, found
