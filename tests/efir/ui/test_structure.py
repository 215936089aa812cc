"""Pages as those meet them who hear them or use a keyboard (WCAG 2.1 A and AA): languages, headings, labels, names."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from efir.ui.markup import tag
from tests.efir.ui.conftest import visiting
from tests.efir.ui.test_server import stored

PAGES = ("consent", "", "results", "settings", "sending", "data")
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
@pytest.mark.parametrize("page", PAGES)
async def test_a_page_can_be_heard_and_walked_through(tmp_path: Path, page: str, language: str) -> None:
    stored(tmp_path / "s")
    async with visiting(tmp_path / "s") as visitor:
        if page != "consent":
            await visitor.agree()
        await visitor.post("language", to=language)
        seen = outline(await visitor.get(page))
    assert seen.language == language
    assert seen.headings[0] == 1
    assert seen.headings.count(1) == 1
    assert [b for a, b in zip(seen.headings, seen.headings[1:], strict=False) if b > a + 1] == []
    assert len(seen.ids) == len(set(seen.ids))
    assert seen.unnamed == []
    assert [each for each in seen.controls if not each[2] and each[1] not in seen.labels] == []


def test_the_outline_finds_what_is_wrong() -> None:
    bad = tag("p", tag("input", type="text"), tag("button"), tag("a", " "), tag("label", tag("input")))
    seen = outline(bad)
    assert [control[2] for control in seen.controls] == [False, True]
    assert [each.split()[0] for each in seen.unnamed] == ["button", "a", "label"]
