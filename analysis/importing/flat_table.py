"""Flat tables (CSV or Parquet) into the store: checked and typed in SQL, so that millions of rows take seconds.

A row whose required values are missing or wrong is not readable; a wrong value in any other column becomes null and is
counted. Values come as text (CSV) or typed (Parquet); the same expressions serve both.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import duckdb

from analysis.engines.duck import quoted
from analysis.importing.counts import Counts
from analysis.importing.csv_table import open_csv, require
from analysis.parquet_store import Stage, Writer
from measurements.formats.flat import COLUMNS, NAMES, REQUIRED, Column, Kind

# Kind -> SQL that gives the value or null; {x} is the raw column.
_TYPED: Final[dict[Kind, str]] = {
    # Before 1970 and after 2200 it is a slip of whoever wrote it; most programs cannot even show such times.
    "time": "CASE WHEN try_cast({x} AS TIMESTAMPTZ) >= TIMESTAMPTZ '1970-01-01' "
    "AND try_cast({x} AS TIMESTAMPTZ) < TIMESTAMPTZ '2200-01-01' THEN try_cast({x} AS TIMESTAMPTZ) END",
    # Programs write an absent value in many ways; none of these is a failure, a pair or a name.
    "text": "CASE WHEN lower(trim(CAST({x} AS VARCHAR))) NOT IN ('', 'null', 'none', 'nan') "
    "THEN trim(CAST({x} AS VARCHAR)) END",
    # Durations, sizes and rates below zero, NaN and infinity are mistakes of whoever measured.
    "number": "CASE WHEN isfinite(try_cast({x} AS DOUBLE)) AND try_cast({x} AS DOUBLE) >= 0 "
    "THEN try_cast({x} AS DOUBLE) END",
    # "AS9198", 9198 and 9198.0 are all seen in tables of others.
    "count": "CASE WHEN try_cast(regexp_replace(CAST({x} AS VARCHAR), '^AS', '') AS DOUBLE) BETWEEN 0 AND 9e15 "
    # Not CAST: DuckDB may work a branch out for rows that do not take it.
    "THEN try_cast(try_cast(regexp_replace(CAST({x} AS VARCHAR), '^AS', '') AS DOUBLE) AS BIGINT) END",
}
_GIVEN: Final = "nullif(trim(CAST({x} AS VARCHAR)), '') IS NOT NULL"


def import_csv(path: Path, writer: Writer, stage: Stage, counts: Counts) -> None:
    """Bring one CSV file in. Raises NotATable."""
    with open_csv(path, writer, counts, REQUIRED) as table:
        _import(table.name, table.names, path, writer, stage, counts)


def import_parquet(path: Path, writer: Writer, stage: Stage, counts: Counts) -> None:
    """Bring one Parquet file in. Raises NotATable."""
    source = f"read_parquet({quoted(path)})"
    try:
        described = writer.connection.execute(f"DESCRIBE SELECT * FROM {source} AS source").fetchall()
        names = [name.lower() for name, *_ in described]  # SQL knows no other
        require(names, REQUIRED, path)
        _import(source, names, path, writer, stage, counts)
    except duckdb.Error as error:
        counts.refuse("not_parquet", str(path), str(error).splitlines()[0])


def _import(source: str, names: list[str], path: Path, writer: Writer, stage: Stage, counts: Counts) -> None:
    connection = writer.connection
    counts.left_out.update(name for name in names if name not in NAMES)
    present = [column for column in COLUMNS if column.name in names]
    connection.execute(f"CREATE OR REPLACE TABLE typed AS SELECT {_select(present)} FROM {source} AS source")
    try:
        _count_problems(path, connection, counts)
        _count_wrong(present, connection, counts)
        counts.read += stage.add_query(_stored(present))
    finally:
        connection.execute("DROP TABLE typed")


def _select(present: list[Column]) -> str:
    """Typed columns, `given NAME` for those that may be wrong, `problem` (why a row is of no use) and `told`."""
    parts = [f"{_TYPED[c.kind].format(x=_raw(c))} AS {c.name}" for c in present]
    parts += [f"{_GIVEN.format(x=_raw(c))} AS given_{c.name}" for c in present if _may_be_wrong(c)]
    problems = list(_problems())
    reasons = " ".join(f"WHEN {when} THEN '{reason}'" for when, reason, _ in problems)
    told = " ".join(f"WHEN {when} THEN CAST({raw} AS VARCHAR)" for when, _, raw in problems)
    return f"{', '.join(parts)}, CASE {reasons} END AS problem, CASE {told} END AS told"


def _problems() -> Iterator[tuple[str, str, str]]:
    """(Condition, its name, the value that is to blame), the first that fits counts."""
    for column in COLUMNS:
        raw = _raw(column)
        value = _TYPED[column.kind].format(x=raw)
        if column.required:
            yield f"NOT ({_GIVEN.format(x=raw)})", f"no_{column.name}", raw
            yield f"{value} IS NULL", f"bad_{column.name}", raw
        if column.words:
            allowed = ", ".join(map(quoted, column.words))
            yield f"{value} NOT IN ({allowed})", f"bad_{column.name}", raw


def _raw(column: Column) -> str:
    # A typed column of the same name stands beside it in the SELECT: the table's own is meant.
    return f'source."{column.name}"'


def _may_be_wrong(column: Column) -> bool:
    return not column.required and column.kind != "text"


def _count_problems(path: Path, connection: Any, counts: Counts) -> None:
    found = connection.execute(
        "SELECT problem, count(*), first(left(told, 60)) FROM typed WHERE problem IS NOT NULL "
        "GROUP BY problem ORDER BY problem"
    ).fetchall()
    for problem, number, value in found:
        counts.refuse(problem, str(path), repr(value) if value else "", number)


def _count_wrong(present: list[Column], connection: Any, counts: Counts) -> None:
    """Bad values that became null: counted and shown, not passed over."""
    names = [column.name for column in present if _may_be_wrong(column)]
    if not names:
        return
    sums = ", ".join(f"count_if(given_{name} AND {name} IS NULL)" for name in names)
    found = connection.execute(f"SELECT {sums} FROM typed WHERE problem IS NULL").fetchone()
    for name, number in zip(names, found, strict=True):
        if number:
            counts.noticed[f"bad_{name}"] += number


def _stored(present: list[Column]) -> str:
    """The rows as the store's table. Nulls carry their column's type: bare ones agree with no other file's values."""
    names = {column.name for column in present}
    parts = [
        column.name if column.name in names else f"{_TYPED[column.kind].format(x='NULL')} AS {column.name}"
        for column in COLUMNS
    ]
    nothing = "CAST(NULL AS VARCHAR) AS measurement"
    return f"SELECT {', '.join(parts)}, {nothing}, 'flat' AS origin FROM typed WHERE problem IS NULL"
