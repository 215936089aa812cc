"""What all pages share: head, navigation, the notice, and small parts of forms."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from efir.i18n import _, language
from efir.ui.markup import Child, Markup, joined, tag
from efir.ui.work import Ended

# Each language calls itself by its own name.
LANGUAGES: Final = {"kk": "Қазақша", "ru": "Русский", "en": "English"}


def titles() -> dict[str, str]:
    """Path of each page -> its name."""
    return {
        "./": _("Measure"),
        "results": _("Results"),
        "settings": _("Settings"),
        "sending": _("Sending"),
        "data": _("Your data"),
    }


def page(
    here: str,
    title: str,
    *content: Child,
    notice: Ended | None = None,
    navigation: bool = True,
    ended: bool = False,
    measuring: bool = False,
    script: bool = False,
) -> str:
    """A whole page. `here` is its path; `measuring` shows the stop button; `script` keeps its progress up to date.

    `ended`: nobody will answer any more, so neither forms nor links stand on it.
    """
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} – Efir"),
        tag("link", rel="stylesheet", href="static/ui.css"),
        tag("link", rel="icon", href="static/icon.svg", type="image/svg+xml"),
        tag("script", src="static/live.js", defer=True) if script else None,
    )
    body = tag(
        "body",
        None if ended else tag("a", _("Skip to the content"), class_="skip", href="#content"),
        None if ended else _header(here, navigation, measuring),
        tag("main", tag("h1", title), _notice(notice), *content, id="content"),
        None if ended else _footer(),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang=language())}"


def form(action: str, *content: Child, upload: bool = False, class_: str | None = None) -> Markup:
    """A form that is posted to one of our actions."""
    kind = "multipart/form-data" if upload else None
    return tag("form", *content, method="post", action=action, enctype=kind, class_=class_)


def button(words: str, class_: str | None = None) -> Markup:
    """It sends the form around it."""
    return tag("button", words, type="submit", class_=class_)


def action(name: str, words: str, class_: str | None = None) -> Markup:
    """A form that is one button."""
    return form(name, button(words, class_), class_="inline")


def choice(name: str, question: str, answers: Mapping[str, str], chosen: str | None) -> Markup:
    """A question with radio buttons; value -> words. One of them must be chosen."""
    return tag(
        "fieldset",
        tag("legend", question),
        [
            tag(
                "label",
                tag("input", type="radio", name=name, value=value, checked=value == chosen, required=True),
                tag("span", text),
            )
            for value, text in answers.items()
        ],
    )


def tick(name: str, words: str, checked: bool = False, required: bool = False) -> Markup:
    """A box to tick."""
    box = tag("input", type="checkbox", name=name, value="yes", checked=checked, required=required)
    return tag("label", box, tag("span", prose(words)), class_="tick")


def card(heading: str, *content: Child, class_: str = "card") -> Markup:
    """A part of a page."""
    return tag("section", tag("h2", heading), *content, class_=class_)


def paragraphs(sentences: Sequence[str]) -> list[Markup]:
    """One each."""
    return [tag("p", each) for each in sentences]


def sentence(error: str) -> str:
    """An error by itself: errors are written to stand behind "efir: "."""
    return error[:1].upper() + error[1:]


def prose(text: str) -> list[Markup]:
    """Text in which `commands` stand between backticks."""
    parts = text.split("`")
    return [tag("code", each) if number % 2 else joined(each) for number, each in enumerate(parts)]


def moment(time: datetime) -> Markup:
    """In the clock of this device, as a person reads it."""
    local = time.astimezone()
    return tag("time", f"{local:%Y-%m-%d %H:%M}", datetime=local.isoformat(timespec="seconds"))


def megabytes(size: int) -> str:
    """`1.4 MB`."""
    return _("{number:.1f} MB").format(number=size / 1e6)


def _header(here: str, navigation: bool, measuring: bool) -> Markup:
    languages = form(
        "language",
        tag("input", type="hidden", name="back", value=here),
        [
            tag(
                "button",
                name_of_itself,
                type="submit",
                name="to",
                value=code,
                lang=code,
                aria_pressed="true" if code == language() else "false",
            )
            for code, name_of_itself in LANGUAGES.items()
        ],
        class_="languages",
    )
    return tag(
        "header",
        tag("div", tag("p", "Efir", class_="brand"), languages, class_="top"),
        _navigation(here) if navigation else None,
        action("stop", _("Stop measuring now"), "stop") if measuring else None,
    )


def _navigation(here: str) -> Markup:
    links = [
        tag("a", title, href=path, aria_current="page" if path == here else None)
        for path, title in titles().items()
    ]
    return tag("nav", links, aria_label=_("Pages"))


def _notice(notice: Ended | None) -> Markup | None:
    if notice is None or not notice.sentences:
        return None
    kind, role = ("warning", "alert") if notice.failed else ("said", "status")
    sentences = [sentence(each) for each in notice.sentences]
    return tag("div", paragraphs(sentences), class_=f"notice {kind}", role=role)


def _footer() -> Markup:
    return tag(
        "footer",
        tag("p", _("This page is served by Efir on this device, to this device only.")),
        action("quit", _("Quit Efir")),
    )
