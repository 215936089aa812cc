"""Every language has every text; reasons of the analysis are known; nobody is blamed."""

import re
from string import Formatter

import pytest

from analysis.report.texts import LANGUAGES, Texts, catalogue


def fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_all_texts_with_all_their_fields(language: str) -> None:
    english, other = catalogue("en"), catalogue(language)
    assert list(other) == list(english)
    assert {key for key in english if fields(other[key]) != fields(english[key])} == set()


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_a_translation_is_one(language: str) -> None:
    same = {key for key in catalogue("en") if catalogue(language)[key] == catalogue("en")[key]}
    assert same <= {"column_p", "column_q"}


# Who, and why: words of blame in any language would break rule 7 of the design.
BLAME = {
    "en": r"government|authorit|censor|politic|regime|deliberate|in order to|ordered",
    "ru": r"правительств|власт|\bценз|режим|полити|намеренн|приказ|чтобы замедлить",
    "kk": r"үкімет|билік|цензура|режим|саяси|әдейі|бұйрық",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_says_who_or_why(language: str) -> None:
    found = {
        key for key, text in catalogue(language).items() if re.search(BLAME[language], text, re.IGNORECASE)
    }
    assert found == set()


REASONS = {
    "a count in brackets": "too few events with measurements (2; 3 are needed)",
    "a sentence with a semicolon": "no download from the platform ever succeeded; see the failure outcome",
    "two reasons": "no effect is shown, and one as large as the limit is not excluded; the data hold no controls: "
    "failures are not set against any",
    "days of a kind": "33 of 40 weekdays with measurements are event days; too few others to compare with; figures are "
    "descriptive only",
    "an onset": "onset alignment; only 3 weekends without an event hold measurements in the clock hours of the events; "
    "4 are needed, so there is no effect, only descriptive figures",
    "imputed downloads": "12 votes in the windows hold failed downloads, counted as the slowest that succeeded",
}


@pytest.mark.parametrize("reason", REASONS.values(), ids=REASONS.keys())
def test_reasons_are_translated_whole(reason: str) -> None:
    assert Texts("en").reason(reason) == reason
    for language in ("ru", "kk"):
        assert not re.search("[A-Za-z]", Texts(language).reason(reason))
        assert re.findall(r"\d+", reason)[:1] == [] or re.search(r"\d", Texts(language).reason(reason))


def test_numbers_follow_the_language() -> None:
    assert [Texts(language).number(-1234.5, 1) for language in LANGUAGES] == ["−1234.5", "−1234,5", "−1234,5"]
    assert Texts("en").number(None) == "–"
