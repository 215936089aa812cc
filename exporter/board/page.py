"""The board as HTML: jinja2 with everything escaped, no script, no inline style."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

import jinja2
from markupsafe import Markup

from exporter.board.state import Board, PlatformState
from exporter.board.words import LANGUAGES, Words

# Sign of each state beside its word and its pattern: colour is never the only difference.
SIGNS: Final = {
    "accessible": "✓",
    "blocked": "✕",
    "intercepted": "⚠",
    "throttled": "▼",
    "down": "○",
    "inconclusive": "?",
    "mixed": "≠",
    "no_data": "–",
}
# Control and format characters, such as the one that reverses the writing's direction.
_UNSEEN: Final = frozenset({"Cc", "Cf"})
# The rest is folded away.
_CHANGES_SHOWN: Final = 8


def render_page(board: Board, words: Words) -> str:
    """The whole page in one language."""
    return _template().render(
        board=board,
        words=words,
        languages=LANGUAGES,
        signs=SIGNS,
        kind=kind,
        moment=moment,
        percent=percent,
        others=others,
        changes_shown=_CHANGES_SHOWN,
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("exporter.board"),
        autoescape=True,
        finalize=visible,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("live.html")


def visible(value: Any) -> Any:
    """Text from a store without characters that nobody sees but that turn or hide what stands around them."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return "".join("\ufffd" if unicodedata.category(letter) in _UNSEEN else letter for letter in value)


def kind(state: str | None) -> str:
    """The state's name in the style sheet; words that we do not know look like no data."""
    return state if state in SIGNS else "no_data"


def moment(time: datetime) -> str:
    """A time to the minute, without its zone: the texts say UTC."""
    return f"{time:%Y-%m-%d %H:%M}"


def percent(ratio: float) -> str:
    """Whole percents; what is under one is not called nothing."""
    return "<1" if 0 < ratio < 0.01 else f"{100 * ratio:.0f}"


def others(platform: PlatformState, words: Words) -> Sequence[str]:
    """What some vantages say beside the state that is shown."""
    return [
        f"{words.state(word)} ({round(share * platform.vantages)})"
        for word, share in platform.shares.items()
        if word != platform.state
    ]
