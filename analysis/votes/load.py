"""Votes of a store, cell by cell."""

from collections.abc import Callable, Iterable
from typing import Final

from analysis.correlate.types import Outcome, Votes
from analysis.data import Data
from analysis.votes import failure, goodput
from analysis.votes.columns import Columns, cells
from analysis.votes.spans import Span, spans

# outcome -> (rows that tell of it, who makes votes of them)
_OUTCOMES: Final[dict[Outcome, tuple[str, Callable[[Data, Iterable[Span]], Columns]]]] = {
    "goodput": (goodput.ROWS, goodput.goodput_columns),
    "failure": (failure.ROWS, failure.failure_columns),
}


def load_votes(data: Data, outcome: Outcome, platforms: tuple[str, ...] = ()) -> list[Votes]:
    """Votes of every cell (platform x AS) in `data`, sorted by platform and AS; all platforms by default."""
    rows, columns = _OUTCOMES[outcome]
    days = list(spans(data, rows))
    return list(cells(columns(data, days), outcome, platforms)) if days else []
