"""Three catalogues, each complete, and the choice between them."""

import re
from collections.abc import Iterator
from importlib.resources import files

import msgspec
import pytest

from exporter.board.agree import CONFIDENCES, MIXED
from exporter.board.page import SIGNS
from exporter.board.words import LANGUAGES, Words, chosen, load_words
from measurements.verdicts import VERDICT_STAGE, WORST_FIRST

ENGLISH = load_words("en")


def texts(words: Words) -> Iterator[tuple[str, str]]:
    for name, value in msgspec.to_builtins(words).items():
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, dict):
            yield from ((f"{name}.{key}", text) for key, text in value.items())
        elif isinstance(value, list):
            yield from ((f"{name}.{number}", text) for number, text in enumerate(value))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_every_text_with_the_same_places(language: str) -> None:
    places = {name: sorted(re.findall(r"{(\w+)}", text)) for name, text in texts(load_words(language))}
    assert places == {name: sorted(re.findall(r"{(\w+)}", text)) for name, text in texts(ENGLISH)}
    assert [name for name, text in texts(load_words(language)) if not text and name != "unreviewed"] == []


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_a_translation_is_none_of_the_english_texts_and_says_if_nobody_reviewed_it(language: str) -> None:
    words = load_words(language)
    same = {name for name, text in texts(words) if text == dict(texts(ENGLISH))[name]}
    assert same == {"stages.quic"}
    assert words.reviewed != bool(words.unreviewed)


def test_each_text_is_used() -> None:
    folder = files("exporter.board")
    using = (folder / "templates" / "live.html").read_text("utf-8") + (folder / "words.py").read_text("utf-8")
    fields = {field.name for field in msgspec.structs.fields(Words)} - {"reviewed"}
    assert {name for name in fields if not re.search(rf"(words|self)\.{name}\b", using)} == set()


def test_there_is_a_word_for_everything() -> None:
    states = {*WORST_FIRST, MIXED, "no_data"}
    assert set(ENGLISH.states) == set(ENGLISH.meanings) == set(SIGNS) == states
    assert set(ENGLISH.confidence) == set(CONFIDENCES)
    assert set(ENGLISH.stages) >= set(VERDICT_STAGE.values())


def test_states_differ_by_word_and_by_sign() -> None:
    assert len(set(SIGNS.values())) == len(SIGNS)
    for language in LANGUAGES:
        words = load_words(language).states
        assert len(set(words.values())) == len(words)


@pytest.mark.parametrize(
    ("asked", "accept", "language"),
    [
        pytest.param(None, "", "en", id="nothing said"),
        pytest.param(None, "ru-KZ,ru;q=0.9,en;q=0.8", "ru", id="a browser's wish"),
        pytest.param(None, "de,kk;q=0.5,ru;q=0.7", "ru", id="the best of those we have"),
        pytest.param(None, "kk;q=0, en;q=0.1", "en", id="refused by the reader"),
        pytest.param(None, "ru;q=x,kk", "kk", id="malformed"),
        pytest.param("kk", "ru", "kk", id="asked for by name"),
        pytest.param("../en", "ru", "ru", id="a name we do not have"),
        pytest.param(None, ";;;,,,=", "en", id="nonsense"),
    ],
)
def test_the_language_is_chosen(asked, accept, language):
    assert chosen(asked, accept) == language
