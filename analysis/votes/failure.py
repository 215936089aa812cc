"""Failure votes: the share of a platform's probes that failed, minus that of the vantage's controls."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

import numpy as np

from analysis.correlate.settings import BIN_SECONDS
from analysis.correlate.types import Bools, Floats, Ints
from analysis.data import Data
from analysis.votes.columns import NO_AS, Columns, Lines, spread
from analysis.votes.spans import Span, answers
from measurements.rules.line import NO_ROUTE

_WORDS: Final = ", ".join(f"'{word}'" for word in sorted(NO_ROUTE))
# Rows that tell of failures. A flat table names no address family: a line without IPv6 would seem to fail for ever.
ROWS: Final = f"probe <> 'transfer' AND NOT (origin = 'flat' AND coalesce(failure, '') IN ({_WORDS}))"


def failure_columns(data: Data, days: Iterable[Span]) -> Columns:
    """Votes of all cells; the value is NaN where a vantage has controls, but none near the vote."""
    lines, controls, votes = Lines(), _Controls(), []
    asked = (query(data, *span) for span in days for query in (_control_query, _target_query))
    found = answers(data, asked)
    for control, table in zip(found, found, strict=True):
        controls.take(control)
        row, (micros, failed) = spread(table["votes"])
        # A mean's last digit depends on the order of rows.
        time = np.rint(micros).astype(np.int64) // 1_000_000
        votes.append((lines.of(table["platform"], table["asn"], table["vantage"])[row], time, failed))
    line, time, failed = map(np.concatenate, zip(*votes, strict=True))
    share, controlled = controls.beside([name[2] for name in lines.names], line, time // BIN_SECONDS)
    return Columns(lines.names, line, time, failed - share, failed, controlled)


def _target_query(data: Data, first: date, last: date) -> str:
    """One row a line: its votes as (microseconds, share failed)."""
    return f"""
    {_votes(data, first, last, "target")}
    SELECT platform, asn, vantage, {data.sql.records("t", "failed")} AS votes
    FROM votes GROUP BY platform, asn, vantage
    """


def _control_query(data: Data, first: date, last: date) -> str:
    """One row a vantage: its half hours as (bin, share of failed controls), each control weighing the same."""
    return f"""
    {_votes(data, first, last, "control")}
    SELECT vantage, {data.sql.records("bin", "failed")} AS shares FROM (
        SELECT vantage, bin, avg(failed) AS failed FROM votes GROUP BY vantage, bin
    ) AS bins GROUP BY vantage
    """


def _votes(data: Data, first: date, last: date, role: str) -> str:
    """An endpoint fails with the worst of its probes, QUIC only where it stands alone.

    A platform's share is the mean over its endpoints. The key of a vote is the half hour, or the OONI measurement.
    """
    sql = data.sql
    bin_ = sql.bin("time", BIN_SECONDS)
    return f"""
    WITH probes AS (
        SELECT platform, coalesce(asn, {NO_AS}) AS asn, vantage, measurement, {bin_} AS bin, endpoint, probe,
               avg({sql.micros("time")}) AS t, avg(CASE WHEN failure IS NULL THEN 0.0 ELSE 1.0 END) AS failed
        FROM {data.rows(first, last)} AS flat WHERE {ROWS} AND role = '{role}'
        GROUP BY platform, asn, vantage, measurement, {bin_}, endpoint, probe
    ), endpoints AS (
        SELECT platform, asn, vantage, measurement, bin, endpoint, avg(t) AS t,
               coalesce(max(CASE WHEN probe <> 'quic' THEN failed END), max(failed)) AS failed
        FROM probes GROUP BY platform, asn, vantage, measurement, bin, endpoint
    ), votes AS (
        SELECT platform, asn, vantage, measurement, bin, avg(t) AS t, avg(failed) AS failed
        FROM endpoints GROUP BY platform, asn, vantage, measurement, bin
    )
    """


class _Controls:
    """Share of failed controls per vantage and half hour."""

    def __init__(self) -> None:
        self._vantages = Lines()
        self._parts: list[tuple[Ints, Floats]] = []  # key, share

    def take(self, table: Any) -> None:
        """The answer for one span."""
        row, (bins, share) = spread(table["shares"])
        self._parts.append((_key(self._vantages.of(table["vantage"])[row], bins), share))

    def beside(self, vantages: list[str], line: Ints, bins: Ints) -> tuple[Floats, Bools]:
        """For votes of `line` (a number in `vantages`): share of its controls, and whether the vantage has any.

        Of the same half hour, else the one before, else the one after; NaN where there is none near.
        """
        keys, shares = map(np.concatenate, zip(*self._parts, strict=True))
        order = np.argsort(keys)
        keys, shares = keys[order], shares[order]
        number = {vantage: n for n, (vantage,) in enumerate(self._vantages.names)}
        own = np.array([number.get(vantage, -1) for vantage in vantages], dtype=np.int64)[line]
        known = own >= 0
        found = np.where(known, np.nan, 0.0)
        for near in (1, -1, 0):  # the best last: it overwrites
            key = _key(own, bins + near)
            place = np.searchsorted(keys, key)
            hit = known & (place < len(keys))
            hit[hit] = keys[place[hit]] == key[hit]
            found[hit] = shares[place[hit]]
        return found, known


def _key(vantage: Ints, bin_: Ints) -> Ints:
    """One number for both; half hours since 1970 stay below 2^32 for all times to come."""
    return vantage << 32 | bin_
