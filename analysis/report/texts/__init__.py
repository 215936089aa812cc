"""Texts of a report by language: one catalogue `LANGUAGE.yaml` each, all with the same keys."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from typing import Final

import yaml

LANGUAGES: Final = ("en", "ru", "kk")
_DECIMAL_COMMA: Final = ("ru", "kk")
_FIELD = re.compile(r"\\\{(\w+)\\\}")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """The texts of one language by key; those of `reason_...` in English are what the analysis writes."""
    loaded: Mapping[str, str] = yaml.safe_load(
        (files("analysis.report.texts") / f"{language}.yaml").read_text("utf-8")
    )
    return loaded


@dataclass(frozen=True)
class Texts:
    """The texts of one report."""

    language: str

    def __call__(self, key: str, **values: object) -> str:
        return catalogue(self.language)[key].format(**values)

    def number(self, value: float | None, digits: int = 2) -> str:
        """A number as the language writes it; a dash for none."""
        if value is None:
            return "–"
        text = f"{value:.{digits}f}".replace("-", "−")
        return text.replace(".", ",") if self.language in _DECIMAL_COMMA else text

    def reason(self, english: str | None) -> str:
        """A reason of the analysis in this language; what no template of it fits stays as it is."""
        text = english or ""
        for key, pattern in _reasons():
            text = pattern.sub(partial(self._filled, key), text)
        return text

    def _filled(self, key: str, found: re.Match[str]) -> str:
        words = catalogue(self.language)
        return self(
            key, **{name: words.get(f"word_{value}", value) for name, value in found.groupdict().items()}
        )


@cache
def _reasons() -> list[tuple[str, re.Pattern[str]]]:
    """Patterns of the English templates, the longest first: one may hold another."""
    templates = {key: text for key, text in catalogue("en").items() if key.startswith("reason_")}
    ordered = sorted(templates, key=lambda key: -len(templates[key]))
    return [(key, re.compile(_FIELD.sub(r"(?P<\1>\\w+)", re.escape(templates[key])))) for key in ordered]
