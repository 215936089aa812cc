"""Days that are worked on together: a statement costs some 10 ms whatever it does, and memory is that of its rows."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

Day = TypeVar("Day")


def batches(days: Iterable[tuple[Day, int]], most: int) -> Iterator[list[Day]]:
    """Days in a row, each given with its rows, with at most `most` rows together; a larger day stands alone."""
    batch: list[Day] = []
    rows = 0
    for day, number in days:
        if batch and rows + number > most:
            yield batch
            batch, rows = [], 0
        batch.append(day)
        rows += number
    if batch:
        yield batch
