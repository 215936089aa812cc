"""Goodput votes: d = ln(target / control), the median over the pairs of a vantage and half hour."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import numpy as np

from analysis.correlate.settings import BIN_SECONDS
from analysis.correlate.types import Bools, Floats, Ints
from analysis.data import Data
from analysis.votes.columns import NO_AS, Columns, Lines, spread
from analysis.votes.spans import Span, answers

# The two flows of a pair come one right after the other; a pair id that returns much later is another pair.
_PAIR: Final = timedelta(hours=1)
# Best control first, where a vantage has as many pairs with one as with the other.
_ARMS: Final = ("same_address", "helper", "foreign")
# Stands for a failed target until the smallest d of its cell is known: below any ln of a ratio of speeds.
_FAILED: Final = -1e9

_BIN: Final = BIN_SECONDS * 1_000_000  # microseconds

# Rows that tell of goodput.
ROWS: Final = "probe = 'transfer' AND pair IS NOT NULL"

# One vantage of one cell with one arm.
Line = tuple[str, int, str, str]
# Votes of one span: line, seconds, the two middle values (alike for an odd number), share failed.
Part = tuple[Ints, Ints, Floats, Floats, Floats]


def goodput_columns(data: Data, days: Iterable[Span]) -> Columns:
    """Votes of all cells. A failed target takes the smallest d of its cell's unfailed pairs.

    Each vantage counts with one arm, the one it has most pairs with: arms have levels of their own.
    """
    lines, votes = Lines(), []
    pairs, low = np.zeros(0, np.int64), np.zeros(0)  # of each line: its number of pairs, its smallest d
    for table in answers(data, (_query(data, *span) for span in days)):
        line = lines.of(table["platform"], table["asn"], table["vantage"], table["arm"])
        new = len(lines) - len(low)
        pairs, low = np.append(pairs, np.zeros(new, np.int64)), np.append(low, np.full(new, np.nan))
        np.add.at(pairs, line, table["pairs"].to_numpy())
        np.fmin.at(low, line, table["low"].to_numpy(zero_copy_only=False))
        votes.append(_medians(table, line))
    names: list[Line] = lines.names
    own = _own(names, pairs)
    worst = _worst(names, np.where(own, low, np.nan))
    kept = [_kept(part, own, worst) for part in votes]
    return Columns([name[:3] for name in names], *map(np.concatenate, zip(*kept, strict=True)))


def _query(data: Data, first: date, last: date) -> str:
    """One row a line: its pairs of these days, as (microseconds, d)."""
    sql, day = data.sql, timedelta(days=1)
    midnight = datetime(first.year, first.month, first.day, tzinfo=UTC)
    since, until = midnight - _PAIR, midnight + (last - first + day) + _PAIR
    return f"""
    WITH targets AS (
        SELECT platform, coalesce(asn, {NO_AS}) AS asn, vantage, pair, {sql.micros("time")} AS t,
               CASE WHEN failure IS NULL AND {sql.goodput} > 0 THEN ln({sql.goodput}) END AS speed
        FROM {data.rows(first, last)} AS flat WHERE {ROWS} AND role = 'target'
    ), controls AS (
        SELECT vantage, pair, coalesce(arm, '') AS arm, {sql.micros("time")} AS t, ln({sql.goodput}) AS speed
        FROM {data.rows(first - day, last + day)} AS flat
        WHERE {ROWS} AND role = 'control' AND failure IS NULL AND {sql.goodput} > 0
          AND time >= {sql.moment(since)} AND time <= {sql.moment(until)}
    ), pairs AS (
        SELECT t.platform AS platform, t.asn AS asn, t.vantage AS vantage, c.arm AS arm, t.t AS t,
               t.speed - c.speed AS d
        FROM targets AS t JOIN controls AS c ON t.vantage = c.vantage AND t.pair = c.pair
        WHERE abs(t.t - c.t) <= {_PAIR // timedelta(microseconds=1)}
    )
    SELECT platform, asn, vantage, arm, count(*) AS pairs, min(d) AS low,
           {sql.records("t", f"coalesce(d, {_FAILED})")} AS flows
    FROM pairs GROUP BY platform, asn, vantage, arm
    """


def _medians(table: Any, line: Ints) -> Part:
    """Votes of a query's answer."""
    row, (micros, d) = spread(table["flows"])
    bins = micros // _BIN
    key = row << 32 | bins  # half hours since 1970 stay below 2^32 for all times to come
    order = np.argsort(key, kind="stable")  # rows come by line and mostly by time: hardly any work
    start = np.flatnonzero(np.diff(key[order], prepend=-1))
    number = np.diff(start, append=len(key))
    # Of one or two values both are in the middle, whatever their order.
    more = order[np.repeat(number > 2, number)]
    order[np.repeat(number > 2, number)] = more[np.lexsort((d[more], key[more]))]
    first, d = order[start], d[order]
    since = np.add.reduceat((micros - bins * _BIN)[order], start) // number
    return (
        line[row[first]],
        bins[first] * BIN_SECONDS + since // 1_000_000,
        d[start + (number - 1) // 2],
        d[start + number // 2],
        np.add.reduceat((d == _FAILED).astype(np.float64), start) / number,
    )


def _kept(votes: Part, own: Bools, worst: Floats) -> tuple[Ints, Ints, Floats, Floats]:
    """Votes of lines that count: line, seconds, value, share failed."""
    line, time, lower, upper, failed = votes
    counts, low = own[line], worst[line]
    value = (np.maximum(lower, low) + np.maximum(upper, low)) / 2
    return line[counts], time[counts], value[counts], failed[counts]


def _own(lines: list[Line], pairs: Ints) -> Bools:
    """Whether each line is that of its vantage's own arm."""
    place = {arm: n for n, arm in enumerate(_ARMS)}
    order = sorted(
        range(len(lines)), key=lambda n: (-pairs[n], place.get(lines[n][3], len(_ARMS)), lines[n][3])
    )
    first: dict[tuple[str, int, str], int] = {}
    for number in order:
        first.setdefault(lines[number][:3], number)
    own = np.zeros(len(lines), bool)
    own[list(first.values())] = True
    return own


def _worst(lines: list[Line], low: Floats) -> Floats:
    """For each line the smallest d of its cell; NaN where no target ever worked."""
    worst: dict[tuple[str, int], float] = {}
    for line, lowest in zip(lines, low, strict=True):
        worst[line[:2]] = np.fmin(worst.get(line[:2], np.nan), lowest)
    return np.array([worst[line[:2]] for line in lines])
