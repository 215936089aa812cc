"""Votes as columns of numbers: what queries give, until it is split into cells."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from analysis.correlate.types import Bools, Floats, Ints, Outcome, Votes

# Stands for "AS unknown" inside a query: joins do not match nulls.
NO_AS: Final = -1


class Lines:
    """Numbers of lines (who measured what), the same in each part of an answer. Lines are few, votes are many."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Any, ...], int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def names(self) -> list[Any]:
        """What each number stands for."""
        return list(self._numbers)

    def of(self, *columns: Any) -> Ints:
        """The number of each row of these Arrow columns."""
        rows = zip(*(column.to_pylist() for column in columns), strict=True)
        return np.array([self._numbers.setdefault(row, len(self)) for row in rows], dtype=np.int64)


def spread(records: Any) -> tuple[Ints, list[Any]]:
    """A column of `Dialect.records` made flat: the row of each record, and the fields as numpy arrays."""
    lists = records.combine_chunks()
    flat = lists.flatten()
    rows = np.repeat(np.arange(len(lists)), lists.value_lengths().to_numpy())
    return rows, [each.to_numpy(zero_copy_only=False) for each in flat.flatten()]


@dataclass(frozen=True)
class Columns:
    """Votes of many cells in no order, one entry a vote."""

    lines: list[tuple[str, int, str]]  # (platform, AS, vantage) by number
    line: Ints
    time: Ints  # UTC seconds
    value: Floats
    failed: Floats
    controlled: Bools | None = None  # was set against controls; None = all were


def cells(columns: Columns, outcome: Outcome, platforms: tuple[str, ...]) -> Iterator[Votes]:
    """Each cell's votes, by platform and AS; only those of `platforms` if any are named."""
    if not len(columns.line):
        return
    places = sorted({line[:2] for line in columns.lines})
    number = {place: n for n, place in enumerate(places)}
    rank = {name: n for n, name in enumerate(sorted({line[2] for line in columns.lines}))}
    # As small a type as possible: of 16 bits and less, numpy sorts many times faster.
    smallest = np.min_scalar_type(len(places))
    cell = np.array([number[line[:2]] for line in columns.lines], dtype=smallest)[columns.line]
    vantage = np.array([rank[line[2]] for line in columns.lines], dtype=np.int64)
    ends = np.cumsum(np.bincount(cell, minlength=len(places)))
    parts = np.split(np.argsort(cell, kind="stable"), ends[:-1])
    for (platform, asn), part in zip(places, parts, strict=True):
        if len(part) and (not platforms or platform in platforms):
            place = platform, None if asn == NO_AS else asn
            yield _cell(columns, part, vantage[columns.line[part]], place, outcome)


def _cell(
    columns: Columns, part: Ints, vantage: Ints, place: tuple[str, int | None], outcome: Outcome
) -> Votes:
    order = _in_time(columns.time[part], vantage, columns.value[part])
    part, vantage = part[order], vantage[order]
    votes = Votes(
        *place,
        outcome,
        time=columns.time[part],
        vantage=np.cumsum(np.bincount(vantage) > 0)[vantage] - 1,  # without gaps
        value=columns.value[part],
        failed=columns.failed[part],
        controlled=columns.controlled is None or bool(columns.controlled[part].all()),
    )
    # A share of failures that no control is near to cannot be set against anything.
    return votes if outcome == "goodput" else votes.take(np.isfinite(votes.value))


def _in_time(time: Ints, vantage: Ints, value: Floats) -> Ints:
    """Their order by time; those of one moment always alike, whatever order the engine gave."""
    key = time * (int(vantage.max()) + 1) + vantage
    order = np.argsort(key)
    return np.lexsort((value, key)) if (np.diff(key[order]) == 0).any() else order
