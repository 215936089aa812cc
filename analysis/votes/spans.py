"""Days that are asked for together: memory is that of a span, not that of the data."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from typing import Any, Final

from analysis.data import Data
from analysis.days import batches

Span = tuple[date, date]  # first and last UTC day

# The join of so many takes some 200 MB; memory that is used again and again is cheaper than new memory.
ROWS_AT_ONCE: Final = 1_000_000


def spans(data: Data, where: str) -> Iterator[Span]:
    """The spans of the rows for which `where` holds."""
    days = data.query(f"SELECT day, count(*) AS n FROM flat WHERE {where} GROUP BY day ORDER BY day")
    rows = zip(days["day"].to_pylist(), days["n"].to_pylist(), strict=True)
    for batch in batches(rows, ROWS_AT_ONCE):
        yield batch[0], batch[-1]


def answers(data: Data, queries: Iterable[str]) -> Iterator[Any]:
    """The answer to each query; the engine works on the next one while the caller looks at this one."""
    with ThreadPoolExecutor(1) as engine:
        before: Future[Any] | None = None
        for sql in queries:
            asked = engine.submit(data.query, sql)
            if before is not None:
                yield before.result()
            before = asked
        if before is not None:
            yield before.result()
