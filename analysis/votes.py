"""From rows of the flat table to votes: one per vantage and half hour, or one per OONI measurement (DESIGN section 8).

The engine pairs flows and adds up bins; what comes back is small. Queries use only the dialect's own snippets where
engines differ.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from analysis.correlate.settings import BIN_SECONDS
from analysis.correlate.types import Bools, Floats, Ints, Outcome, Votes
from analysis.data import Data
from analysis.engines.dialect import Dialect

# The two flows of a pair come one right after the other; a pair id that returns much later is another pair.
_PAIR_SECONDS: Final = 3600
# Stands for "AS unknown" inside a query: joins do not match nulls.
_NO_AS: Final = -1
# Best control first, where a vantage has as many pairs with one as with the other.
_ARMS: Final = ("same_address", "helper", "foreign")


def load_votes(data: Data, outcome: Outcome, platforms: tuple[str, ...] = ()) -> list[Votes]:
    """Votes of every cell (platform x AS) in `data`, sorted by platform and AS; all platforms by default."""
    if outcome == "goodput":
        return list(_cells(data.query(goodput_query(data.sql)), outcome, platforms))
    targets = data.query(failure_query(data.sql, "target"))
    controls = data.query(failure_query(data.sql, "control"))
    return list(_cells(targets, outcome, platforms, _Controls(controls)))


def goodput_query(sql: Dialect) -> str:
    """Votes of d = ln(target / control). A failed target takes the smallest d of its cell's unfailed pairs.

    Each vantage counts with one arm, the one it has most pairs with: arms have levels of their own.
    """
    order = " ".join(f"WHEN '{arm}' THEN {rank}" for rank, arm in enumerate(_ARMS))
    return f"""
    WITH flows AS (
        SELECT platform, coalesce(asn, {_NO_AS}) AS asn, vantage, pair, coalesce(arm, '') AS arm, role,
               {sql.epoch("time")} AS t, {sql.bin("time", BIN_SECONDS)} AS bin,
               CASE WHEN failure IS NULL AND {sql.goodput} > 0 THEN ln({sql.goodput}) END AS speed
        FROM flat WHERE probe = 'transfer' AND pair IS NOT NULL
    ), pairs AS (
        SELECT t.platform AS platform, t.asn AS asn, t.vantage AS vantage, t.bin AS bin, t.t AS t, c.arm AS arm,
               t.speed - c.speed AS d
        FROM (SELECT * FROM flows WHERE role = 'target') AS t
        JOIN (SELECT * FROM flows WHERE role = 'control' AND speed IS NOT NULL) AS c
          ON t.vantage = c.vantage AND t.pair = c.pair
        WHERE abs(t.t - c.t) <= {_PAIR_SECONDS}
    ), arms AS (
        SELECT platform, asn, vantage, arm, row_number() OVER (
            PARTITION BY platform, asn, vantage
            ORDER BY count(*) DESC, CASE arm {order} ELSE {len(_ARMS)} END, arm) AS place
        FROM pairs GROUP BY platform, asn, vantage, arm
    ), kept AS (
        SELECT p.platform AS platform, p.asn AS asn, p.vantage AS vantage, p.bin AS bin, p.t AS t, p.d AS d
        FROM pairs AS p
        JOIN (SELECT platform, asn, vantage, arm FROM arms WHERE place = 1) AS a
          ON p.platform = a.platform AND p.asn = a.asn AND p.vantage = a.vantage AND p.arm = a.arm
    ), worst AS (
        SELECT platform, asn, min(d) AS d FROM kept GROUP BY platform, asn
    ), filled AS (
        SELECT k.platform AS platform, k.asn AS asn, k.vantage AS vantage, k.bin AS bin, k.t AS t,
               coalesce(k.d, w.d) AS d, CASE WHEN k.d IS NULL THEN 1.0 ELSE 0.0 END AS failed
        FROM kept AS k JOIN worst AS w ON k.platform = w.platform AND k.asn = w.asn
    )
    SELECT platform, asn, vantage, bin, avg(t) AS t, {sql.quantile("d", 0.5)} AS value, avg(failed) AS failed
    FROM filled GROUP BY platform, asn, vantage, bin
    """


def failure_query(sql: Dialect, role: str) -> str:
    """Share of failures per vote: an endpoint fails with the worst of its probes, QUIC only where it stands alone.

    A platform's share is the mean over its endpoints. The key of a vote is the half hour, or the OONI measurement.
    """
    bin_ = sql.bin("time", BIN_SECONDS)
    return f"""
    WITH probes AS (
        SELECT platform, coalesce(asn, {_NO_AS}) AS asn, vantage, measurement, {bin_} AS bin, endpoint, probe,
               avg({sql.epoch("time")}) AS t, avg(CASE WHEN failure IS NULL THEN 0.0 ELSE 1.0 END) AS failed
        FROM flat WHERE probe <> 'transfer' AND role = '{role}'
        GROUP BY platform, asn, vantage, measurement, {bin_}, endpoint, probe
    ), endpoints AS (
        SELECT platform, asn, vantage, measurement, bin, endpoint, avg(t) AS t,
               coalesce(max(CASE WHEN probe <> 'quic' THEN failed END), max(failed)) AS failed
        FROM probes GROUP BY platform, asn, vantage, measurement, bin, endpoint
    )
    SELECT platform, asn, vantage, bin, avg(t) AS t, avg(failed) AS value, avg(failed) AS failed
    FROM endpoints GROUP BY platform, asn, vantage, measurement, bin
    """


class _Controls:
    """Share of failed controls per vantage and bin."""

    def __init__(self, table: Any) -> None:
        self._sums: dict[tuple[str, int], list[float]] = {}
        for vantage, bin_, failed in zip(
            table["vantage"].to_pylist(), table["bin"].to_pylist(), table["failed"].to_pylist(), strict=True
        ):
            self._sums.setdefault((vantage, bin_), []).append(failed)
        self._vantages = {vantage for vantage, _ in self._sums}

    def beside(self, vantages: list[str], bins: Ints) -> tuple[Floats, Bools]:
        """Failed share of the controls of the same half hour (or a neighbour), and whether the vantage has any.

        NaN where a vantage has controls, but none near: such a vote cannot be set against anything.
        """
        shares = np.zeros(len(bins))
        known = np.array([vantage in self._vantages for vantage in vantages], dtype=bool)
        for index in np.flatnonzero(known):
            shares[index] = self._near(vantages[index], int(bins[index]))
        return shares, known

    def _near(self, vantage: str, bin_: int) -> float:
        for close in (bin_, bin_ - 1, bin_ + 1):
            found = self._sums.get((vantage, close))
            if found:
                return sum(found) / len(found)
        return float("nan")


def _cells(
    table: Any, outcome: Outcome, platforms: tuple[str, ...], controls: _Controls | None = None
) -> Iterator[Votes]:
    """Split the answer of a query into cells."""
    names, code = _codes(table["platform"])
    columns = {name: table[name].to_numpy() for name in ("asn", "t", "bin", "value", "failed")}
    vantages, columns["vantage"] = _codes(table["vantage"])
    asn = columns["asn"]
    order = np.lexsort((columns["t"], asn, code))
    where = np.flatnonzero(
        np.diff(code[order], prepend=-1) | np.diff(asn[order], prepend=np.iinfo(np.int64).min)
    )
    for part in np.split(order, where[1:]) if len(order) else ():
        name = names[code[part[0]]]
        if not platforms or name in platforms:
            number = int(asn[part[0]])
            cell = {key: column[part] for key, column in columns.items()}
            yield _cell(cell, vantages, name, None if number == _NO_AS else number, outcome, controls)


def _codes(column: Any) -> tuple[list[str], Ints]:
    """Distinct texts in order, and for each row the number of its own: by Arrow, as numpy compares texts slowly."""
    encoded = column.combine_chunks().dictionary_encode()
    found = encoded.dictionary.to_pylist()
    names = sorted(found)
    place = {name: index for index, name in enumerate(names)}
    ranks = np.array([place[name] for name in found], dtype=np.int64)
    return names, ranks[encoded.indices.to_numpy()] if found else np.zeros(0, np.int64)


def _cell(
    rows: dict[str, Any],
    vantages: list[str],
    platform: str,
    asn: int | None,
    outcome: Outcome,
    controls: _Controls | None,
) -> Votes:
    value = rows["value"].astype(np.float64)
    controlled = True
    keep = np.ones(len(value), bool)
    if controls is not None:
        shares, known = controls.beside([vantages[n] for n in rows["vantage"]], rows["bin"].astype(np.int64))
        value, controlled, keep = value - shares, bool(known.all()), np.isfinite(shares)
    votes = Votes(
        platform=platform,
        asn=asn,
        outcome=outcome,
        time=np.floor(rows["t"]).astype(np.int64),
        vantage=np.unique(rows["vantage"], return_inverse=True)[1].astype(np.int64),
        value=value,
        failed=rows["failed"].astype(np.float64),
        controlled=controlled,
    )
    return votes.take(keep)
