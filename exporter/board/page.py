"""The board as HTML: jinja2 with everything escaped, no script, no inline style."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

import jinja2
from markupsafe import Markup

from exporter.board.state import Board, PlatformState
from exporter.board.words import LANGUAGES, Words
from measurements.visible import visible

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
        finalize=shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("live.html")


def shown(value: Any) -> Any:
    """What jinja2 puts into the page: text from a store without unseen characters."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


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
