"""Flat tables (CSV or Parquet) into the store: checked and typed in SQL, so that millions of rows take seconds.

A row whose required values are missing or wrong is not readable; a wrong value in any other column becomes null and is
counted. Values come as text (CSV) or typed (Parquet); the same expressions serve both.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import duckdb

from analysis.engines.duck import quoted
from analysis.flat import COLUMNS, Column, Kind, missing_columns, unknown_columns
from analysis.importing.counts import Counts
from analysis.importing.reading import CHUNK, Damaged, chunks, head, is_compressed
from analysis.parquet_store import Stage, Writer

# Kind -> SQL that gives the value or null; {x} is the raw column.
_TYPED: Final[dict[Kind, str]] = {
    "time": "try_cast({x} AS TIMESTAMPTZ)",
    "text": "nullif(trim(CAST({x} AS VARCHAR)), '')",
    # Durations, sizes and rates below zero, NaN and infinity are mistakes of whoever measured.
    "number": "CASE WHEN isfinite(try_cast({x} AS DOUBLE)) AND try_cast({x} AS DOUBLE) >= 0 "
    "THEN try_cast({x} AS DOUBLE) END",
    # "AS9198", 9198 and 9198.0 are all seen in tables of others.
    "count": "CASE WHEN try_cast(regexp_replace(CAST({x} AS VARCHAR), '^AS', '') AS DOUBLE) BETWEEN 0 AND 9e15 "
    "THEN CAST(try_cast(regexp_replace(CAST({x} AS VARCHAR), '^AS', '') AS DOUBLE) AS BIGINT) END",
}
_GIVEN: Final = "nullif(trim(CAST({x} AS VARCHAR)), '') IS NOT NULL"
_DELIMITERS: Final = (",", ";", "\t")


class NotATable(Exception):
    """The file is no flat table; the text says what is missing."""


def csv_header(start: bytes) -> tuple[str, list[str]]:
    """Delimiter and column names from a file's first bytes."""
    line = start.decode("utf-8-sig", "replace").split("\n", 1)[0].strip("\r")
    delimiter = max(_DELIMITERS, key=line.count)
    return delimiter, [name.strip().strip('"') for name in line.split(delimiter)]


def import_csv(path: Path, writer: Writer, stage: Stage, counts: Counts) -> None:
    """Bring one CSV file in. Raises NotATable."""
    delimiter, names = csv_header(head(path, 1 << 16))
    _check_names(names, path)
    plain = _decompress(path, writer, counts)
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in _unique(names))
    source = (
        f"read_csv({quoted(plain)}, auto_detect = false, header = true, delim = {quoted(delimiter)}, quote = '\"', "
        f"escape = '\"', columns = {{{columns}}}, store_rejects = true, rejects_limit = 0) AS source"
    )
    try:
        _import(source, names, path, writer, stage, counts)
        _count_rejected(path, writer.connection, counts)
    except duckdb.Error as error:
        counts.refuse("not_csv", str(path), _first_line(error))
    finally:
        if plain != path:
            plain.unlink(missing_ok=True)


def import_parquet(path: Path, writer: Writer, stage: Stage, counts: Counts) -> None:
    """Bring one Parquet file in. Raises NotATable."""
    source = f"read_parquet({quoted(path)}) AS source"
    try:
        described = writer.connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        names = [name for name, *_ in described]
        _check_names(names, path)
        _import(source, names, path, writer, stage, counts)
    except duckdb.Error as error:
        counts.refuse("not_parquet", str(path), _first_line(error))


def _check_names(names: list[str], path: Path) -> None:
    missing = missing_columns(names)
    if missing:
        raise NotATable(f"{path}: is no flat table, it has no column {', '.join(missing)}")


def _unique(names: list[str]) -> list[str]:
    """Names, made different where a table repeats one: the first of each counts."""
    return [f"{name} {i}" if name in names[:i] else name for i, name in enumerate(names)]


def _decompress(path: Path, writer: Writer, counts: Counts) -> Path:
    """A plain file of the content: DuckDB gives up a damaged gzip as a whole, so it gets what can be had."""
    if not is_compressed(path):
        return path
    plain = writer.scratch / "table.csv"
    with plain.open("wb") as file:
        try:
            for chunk in chunks(path):
                file.write(chunk)
        except Damaged as damage:
            counts.refuse(str(damage).replace(" ", "_"), str(path))
            _drop_torn_line(file)
    return plain


def _drop_torn_line(file: BinaryIO) -> None:
    """Cut the file after its last line end; lines of tables are far shorter than what is looked through."""
    end = file.tell()
    start = max(0, end - CHUNK)
    with open(file.name, "rb") as reader:
        file.flush()
        reader.seek(start)
        file.truncate(start + reader.read().rfind(b"\n") + 1)


def _import(source: str, names: list[str], path: Path, writer: Writer, stage: Stage, counts: Counts) -> None:
    connection = writer.connection
    counts.left_out.update(unknown_columns(names))
    present = [column for column in COLUMNS if column.name in names]
    connection.execute(f"CREATE OR REPLACE TABLE typed AS SELECT {_select(present)} FROM {source}")
    try:
        _count_problems(path, connection, counts)
        _count_wrong(present, connection, counts)
        counts.read += stage.add_query(_stored(present))
    finally:
        connection.execute("DROP TABLE typed")


def _select(present: list[Column]) -> str:
    """Typed columns, `given NAME` for those that may be wrong, and `problem`: why a row cannot be used, or null."""
    parts = [f"{_TYPED[c.kind].format(x=_raw(c))} AS {c.name}" for c in present]
    parts += [f"{_GIVEN.format(x=_raw(c))} AS given_{c.name}" for c in present if _may_be_wrong(c)]
    return f"{', '.join(parts)}, CASE {' '.join(_problems())} END AS problem"


def _problems() -> Iterator[str]:
    for column in COLUMNS:
        if column.required:
            yield f"WHEN NOT ({_GIVEN.format(x=_raw(column))}) THEN 'no_{column.name}'"
            yield f"WHEN {_TYPED[column.kind].format(x=_raw(column))} IS NULL THEN 'bad_{column.name}'"
        if column.words:
            allowed = ", ".join(map(quoted, column.words))
            yield f"WHEN {_TYPED[column.kind].format(x=_raw(column))} NOT IN ({allowed}) THEN 'bad_{column.name}'"


def _raw(column: Column) -> str:
    # A typed column of the same name stands beside it in the SELECT: the table's own is meant.
    return f'source."{column.name}"'


def _may_be_wrong(column: Column) -> bool:
    return not column.required and column.kind != "text"


def _count_problems(path: Path, connection: Any, counts: Counts) -> None:
    found = connection.execute(
        "SELECT problem, count(*) FROM typed WHERE problem IS NOT NULL GROUP BY problem ORDER BY problem"
    ).fetchall()
    for problem, number in found:
        counts.refuse(problem, str(path), number=number)


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
    names = {column.name for column in present}
    parts = [column.name if column.name in names else f"NULL AS {column.name}" for column in COLUMNS]
    return (
        f"SELECT {', '.join(parts)}, NULL AS measurement, 'flat' AS origin FROM typed WHERE problem IS NULL"
    )


def _count_rejected(path: Path, connection: Any, counts: Counts) -> None:
    """Lines that are no CSV of this header: DuckDB keeps one row a missing column, so lines are counted."""
    rejected = connection.execute(
        "SELECT line, any_value(error_type) FROM reject_errors GROUP BY line ORDER BY line"
    ).fetchall()
    for line, kind in rejected:
        counts.refuse("bad_line", f"{path}:{line}", str(kind).lower())
    connection.execute("DROP TABLE IF EXISTS reject_errors")
    connection.execute("DROP TABLE IF EXISTS reject_scans")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
