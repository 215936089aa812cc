"""A text that a regular expression matches: how the lab makes the link that a `discover` pattern looks for."""

import re
from typing import Any, Final
from urllib.parse import urljoin

from measurements.targets import Discover

# `re` keeps its parser under this name since Python 3.11; there is no public one.
_PARSER: Final[Any] = re._parser  # type: ignore[attr-defined] # private, but what `re` itself compiles from

_REPEATS: Final = 8  # of what must come once and may come more often


def discovered(discover: Discover) -> tuple[str, str]:
    """What the lab's page holds, and the URL that a reader finds in it."""
    text, link = sample(discover.pattern)
    return text, urljoin(discover.page, link.replace("\\/", "/"))


def sample(pattern: str) -> tuple[str, str]:
    """A short text that `pattern` matches, and what a reader takes from it (the first group, else all of it).

    Raises:
        ValueError: the pattern uses what is not understood here (look-around, conditions).
    """
    text = _walk(_PARSER.parse(pattern))
    found = re.search(pattern, text)
    if found is None:
        raise ValueError(f"no sample found for {pattern!r}")
    return text, found.group(1) if found.re.groups else found.group(0)


def _walk(parsed: Any) -> str:
    return "".join(_one(str(kind).lower(), value) for kind, value in parsed)


def _one(kind: str, value: Any) -> str:
    if kind == "literal":
        return chr(value)
    if kind == "not_literal":
        return _allowed([("literal", value)], negated=True)
    if kind == "any":
        return "a"
    if kind == "in":
        negated = str(value[0][0]).lower() == "negate"
        return _allowed([(str(k).lower(), v) for k, v in value[int(negated) :]], negated)
    if kind in ("max_repeat", "min_repeat"):
        low, high, inner = value
        return _walk(inner) * (min(int(high), max(int(low), _REPEATS)) if low else 0)
    if kind == "subpattern":
        return _walk(value[3])
    if kind == "branch":
        return _walk(value[1][0])
    if kind == "at":
        return ""
    raise ValueError(f"no sample for {kind}")


def _allowed(options: list[tuple[str, Any]], negated: bool) -> str:
    """A letter or digit that the set allows."""
    classes = {"category_digit": str.isdigit, "category_word": str.isalnum, "category_space": str.isspace}

    def inside(letter: str) -> bool:
        for kind, value in options:
            if kind == "literal" and ord(letter) == value:
                return True
            if kind == "range" and value[0] <= ord(letter) <= value[1]:
                return True
            if kind == "category" and classes[str(value).lower()](letter):
                return True
        return False

    for letter in "a0A-_./":
        if inside(letter) != negated:
            return letter
    raise ValueError("no letter fits the set")
