"""The page's texts: one small catalogue per language, English being complete by definition."""

from functools import cache
from importlib.resources import files
from typing import Final

import msgspec
import yaml

LANGUAGES: Final = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
DEFAULT: Final = "en"


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All texts in one language. `{…}` in a text is filled in by the page."""

    language: str
    reviewed: bool  # by somebody who speaks it from childhood
    title: str
    lead: str
    as_of: str
    unreadable: str
    reading: str
    own: str
    public: str
    nothing: str
    legend: str
    states: dict[str, str]
    meanings: dict[str, str]
    stages: dict[str, str]
    confidence: dict[str, str]
    columns: dict[str, str]
    network: str
    unknown_network: str
    vantages: str
    voices: str
    also: str
    at_stage: str
    since: str
    ratio: str
    no_ratio: str
    hours: str
    days: str
    none_measured: str
    now: str
    today: str
    changes: str
    no_changes: str
    change: str
    earlier: str
    windows: str
    window: str
    window_active: str
    all_platforms: str
    windows_note: str
    windows_mark: str
    in_window: str
    hours_in_windows: str
    about: str
    notes: list[str]
    language_label: str
    data: str
    metrics: str
    skip: str
    unreviewed: str

    def state(self, word: str | None) -> str:
        """A state in words; a word that the page does not know is shown as it is."""
        return self.states.get(word or "no_data", word or "")


@cache
def load_words(language: str) -> Words:
    """The catalogue of one of `LANGUAGES`."""
    text = (files("exporter.board") / "catalogues" / f"{language}.yaml").read_text("utf-8")
    return msgspec.convert(yaml.safe_load(text), Words)


def chosen(asked: str | None, accept: str) -> str:
    """The language asked for by name, else the first that the browser prefers and we have, else English."""
    if asked in LANGUAGES:
        return asked
    for _quality, language in sorted(map(_preference, accept.split(",")), key=lambda each: -each[0]):
        if language in LANGUAGES:
            return language
    return DEFAULT


def _preference(part: str) -> tuple[float, str]:
    """`ru-KZ;q=0.8` -> (0.8, "ru"). What is malformed counts as not wanted."""
    tag, _, parameters = part.partition(";")
    try:
        quality = float(parameters.strip().removeprefix("q=")) if parameters.strip() else 1.0
    except ValueError:
        quality = 0.0
    language = tag.strip().lower().split("-")[0]
    return (quality, language) if quality > 0 else (0.0, "")
