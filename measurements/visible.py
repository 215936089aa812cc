"""Text from a store made safe to look at."""

import unicodedata
from typing import Final

# Control and format characters, such as the one that reverses the writing's direction.
_UNSEEN: Final = frozenset({"Cc", "Cf"})


def visible(text: str) -> str:
    """Without characters that nobody sees but that turn or hide what stands around them."""
    if text.isprintable():
        return text
    return "".join("\ufffd" if unicodedata.category(letter) in _UNSEEN else letter for letter in text)


def visible_lines(text: str) -> str:
    """The same for text of several lines, whose ends stay."""
    return "\n".join(map(visible, text.split("\n")))
