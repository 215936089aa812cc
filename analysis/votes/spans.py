"""Days that are asked for together: memory is that of a span, not that of the data."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from analysis.data import Data
from analysis.days import batches

Span = tuple[date, date]  # first and last UTC day

ROWS_AT_ONCE: Final = 4_000_000  # the join of so many takes some 500 MB


def spans(data: Data, where: str) -> Iterator[Span]:
    """The spans of the rows for which `where` holds."""
    days = data.query(f"SELECT day, count(*) AS n FROM flat WHERE {where} GROUP BY day ORDER BY day")
    rows = zip(days["day"].to_pylist(), days["n"].to_pylist(), strict=True)
    for batch in batches(rows, ROWS_AT_ONCE):
        yield batch[0], batch[-1]
