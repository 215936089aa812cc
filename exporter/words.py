"""Label values from records that strangers sent: few, short, and of known shape.

Escaping keeps the page readable whatever a word holds; this keeps it small, and says nothing in a stranger's words.
"""

import re
from collections.abc import Iterable
from typing import Final, get_args

from measurements.verdicts import WORST_FIRST, VerdictStage

UNKNOWN: Final = "unknown"
OTHER: Final = "other"
STAGES: Final = frozenset(get_args(VerdictStage))
# Seven platforms are shipped; a file of one's own may list more. What comes beyond is pooled.
PLATFORMS_AT_MOST: Final = 64
# A pseudonym is 32 hex digits.
_PSEUDONYM_AT_MOST: Final = 64
_WORD: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


def country(text: str | None) -> str:
    """An ISO 3166 code."""
    return text if text and _COUNTRY.fullmatch(text) else UNKNOWN


def word(text: str | None) -> str:
    """A short word such as `mobile`."""
    if not text:
        return UNKNOWN
    return text if _WORD.fullmatch(text) else OTHER


def pseudonym(text: str) -> str:
    """A vantage's name, cut where no name of ours ends."""
    return text[:_PSEUDONYM_AT_MOST]


def is_verdict(text: str) -> bool:
    """True for a word of the contract."""
    return text in WORST_FIRST


class Platforms:
    """Which platforms have a label of their own: those of the targets, then whichever come first."""

    def __init__(self, known: Iterable[str]) -> None:
        self._named = set(known)

    def label(self, platform: str) -> str:
        """The platform itself, or `other`."""
        if platform in self._named:
            return platform
        if len(self._named) >= PLATFORMS_AT_MOST or not _WORD.fullmatch(platform):
            return OTHER
        self._named.add(platform)
        return platform
