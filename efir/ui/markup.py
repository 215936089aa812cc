"""HTML from functions: whatever is not markup already is escaped, so that no text of a stranger becomes a tag."""

from collections.abc import Iterable
from html import escape
from typing import Final

from measurements.visible import visible

# Elements that have no end tag (HTML, 13.1.2).
_VOID: Final = frozenset({"br", "hr", "input", "link", "meta"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = Markup | str | int | Iterable["Child"] | None


def tag(name: str, /, *children: Child, **attributes: str | int | float | bool | None) -> Markup:
    """An element. `class_`, `aria_label` stand for `class`, `aria-label`; False and None leave an attribute out."""
    given = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{text(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    start = f"<{name}{given}>"
    return Markup(start if name in _VOID else f"{start}{joined(*children)}</{name}>")


def joined(*children: Child) -> Markup:
    """Children one after another; None is nothing."""
    return Markup("".join(_one(child) for child in children))


def _one(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, str | int):
        return text(str(child))
    return joined(*child)


def text(words: str) -> Markup:
    """Words made safe for text and for attributes in double quotes."""
    return Markup(escape(visible(words)))
