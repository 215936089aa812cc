"""Verdicts as lists: a sign, a word, and what it means; colour only repeats it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from efir import words
from efir.i18n import _
from efir.ui.markup import Markup, tag
from measurements.records import SummaryLine, VerdictLine

# The live page's signs (exporter/board): those who know one page can read the other.
SIGNS: Final = {
    "accessible": "✓",
    "blocked": "✕",
    "intercepted": "⚠",
    "throttled": "▼",
    "not_throttled": "✓",
    "down": "○",
    "inconclusive": "?",
}


def sign(verdict: str, text: str) -> Markup:
    """The verdict's sign and word."""
    known = verdict if verdict in SIGNS else "inconclusive"
    mark = tag("span", SIGNS[known], class_=f"sign {known}", aria_hidden="true")
    return tag("span", mark, tag("strong", text), class_="verdict")


def platform_list(verdicts: Iterable[VerdictLine], names: Mapping[str, str]) -> Markup:
    """One line a platform."""
    return tag("ul", [tag("li", *_line(each, names)) for each in verdicts], class_="verdicts")


def _line(verdict: VerdictLine, names: Mapping[str, str]) -> list[Markup | None]:
    name = names.get(verdict.platform, verdict.platform)
    return [
        tag("span", name, class_="name"),
        sign(verdict.verdict, words.verdict(verdict.verdict)),
        tag("span", words.stage(verdict.stage), class_="stage") if verdict.stage else None,
    ]


def situation(summary: SummaryLine) -> Markup | None:
    """What was wrong with the whole line, or with the round."""
    text = words.situation(_situation(summary)) if not summary.cancelled else words.stopped_early()
    return tag("p", text, class_="notice warning") if text else None


def _situation(summary: SummaryLine) -> str:
    if summary.international_cut:
        return "international_cut"
    if summary.online:
        return "online"
    return "captive_portal" if summary.captive_portal else "offline"


def details(verdicts: Sequence[VerdictLine], names: Mapping[str, str]) -> Markup | None:
    """The rule's own words for all that is not accessible, endpoints too. They are English, as in every export."""
    told = [each for each in verdicts if each.verdict != "accessible"]
    if not told:
        return None
    rows = [
        tag("li", tag("strong", _where(each, names)), ": ", tag("span", each.reason, lang="en"))
        for each in told
    ]
    return tag("details", tag("summary", _("Details, as they are recorded (English)")), tag("ul", rows))


def _where(verdict: VerdictLine, names: Mapping[str, str]) -> str:
    name = names.get(verdict.platform, verdict.platform)
    return f"{name}, {verdict.endpoint}" if verdict.endpoint else name


def legend(shown: Iterable[str]) -> Markup:
    """What each verdict that is on the page means."""
    there = set(shown)
    return tag(
        "dl",
        [
            tag("div", tag("dt", sign(each, words.verdict(each))), tag("dd", words.meaning(each)))
            for each in SIGNS
            if each in there and words.meaning(each)
        ],
        class_="legend",
    )
