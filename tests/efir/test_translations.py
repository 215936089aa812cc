"""Every text that a volunteer can meet is there in Kazakh and Russian, and the compiled catalogues are today's."""

import gettext
import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from efir import consent_text
from efir.i18n import set_language
from scripts.catalogues import LANGUAGES, LOCALE, compiled, texts


def catalogue(language: str) -> Catalog:
    return read_po(io.BytesIO((folder(language) / "efir.po").read_bytes()), locale=language)


def folder(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES"


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_untranslated_fuzzy_or_left_over(language: str) -> None:
    there = {message.id: message for message in catalogue(language) if message.id}
    wanted = {message.id for message in texts() if message.id}
    assert set(there) == wanted, "run scripts/catalogues.py and translate what is new"
    assert [text for text, message in there.items() if not message.string or message.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_translation_fills_in_the_same_values(language: str) -> None:
    def values(text: str) -> list[str]:
        return sorted(re.findall(r"\{[^}]*\}", text))

    assert [m.id for m in catalogue(language) if m.id and values(str(m.id)) != values(str(m.string))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_and_articles_of_law_survive_translation(language: str) -> None:
    def facts(text: str) -> list[str]:
        return sorted(re.findall(r"efir [a-z]+(?: --[a-z-]+)*|\b(?:174|182|256|258|266|405)\b", text))

    assert [m.id for m in catalogue(language) if facts(str(m.id)) != facts(str(m.string))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_todays(language: str) -> None:
    with (folder(language) / "efir.mo").open("rb") as file:
        shipped = gettext.GNUTranslations(file)
    fresh = gettext.GNUTranslations(io.BytesIO(compiled(catalogue(language))))
    wanted = [message.id for message in texts() if message.id]
    assert [shipped.gettext(text) for text in wanted] == [fresh.gettext(text) for text in wanted]


@pytest.mark.parametrize(
    ("language", "word"),
    [("kk", "тексерген жоқ"), ("ru", "не проверял юрист"), ("en", "No lawyer has reviewed")],
)
def test_the_consent_says_first_that_nobody_has_reviewed_it(language: str, word: str) -> None:
    set_language(language)
    try:
        assert word in consent_text.sections(["A"], ["B"])[0][1]
    finally:
        set_language("en")


@pytest.mark.parametrize(("language", "cost"), [("kk", "1 МБ"), ("ru", "1 МБ"), ("en", "1 MB")])
def test_the_line_of_tracing_names_what_it_costs(language: str, cost: str) -> None:
    set_language(language)
    try:
        assert cost in consent_text.lines()["trace"]
    finally:
        set_language("en")
