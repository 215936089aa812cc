"""CSV files of any table into DuckDB: compressed or cut off, with whatever delimiter, bad lines counted by number."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import duckdb

from analysis.engines.duck import quoted
from analysis.importing.counts import Counts
from analysis.importing.reading import CHUNK, Damaged, chunks, head, is_compressed
from analysis.parquet_store import Writer

_DELIMITERS: Final = (",", ";", "\t")
_TABLE: Final = "csv_text"


class NotATable(Exception):
    """The file lacks columns that a table of its kind has, or is no CSV; the text says which."""


@dataclass(frozen=True)
class CsvTable:
    """A loaded file: a DuckDB table of text columns. `names` are the file's own, in its order."""

    name: str
    names: list[str]


def csv_header(start: bytes) -> tuple[str, list[str]]:
    """Delimiter and column names, in small letters, from a file's first bytes."""
    line = start.decode("utf-8-sig", "replace").split("\n", 1)[0].strip("\r")
    delimiter = max(_DELIMITERS, key=line.count)
    return delimiter, [name.strip().strip('"').lower() for name in line.split(delimiter)]


@contextmanager
def open_csv(path: Path, writer: Writer, counts: Counts, needed: Sequence[str]) -> Iterator[CsvTable]:
    """The file's readable lines as a table, dropped afterwards. Raises NotATable if a `needed` column is missing."""
    delimiter, names = csv_header(head(path, 1 << 16))
    require(names, needed, path)
    plain = _decompress(path, writer, counts)
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in _unique(names))
    source = (
        f"read_csv({quoted(plain)}, auto_detect = false, header = true, delim = {quoted(delimiter)}, quote = '\"', "
        f"escape = '\"', columns = {{{columns}}}, store_rejects = true, rejects_limit = 0)"
    )
    try:
        try:
            writer.connection.execute(f"CREATE OR REPLACE TABLE {_TABLE} AS SELECT * FROM {source}")
        except duckdb.IOException:
            raise  # of the disk; no other table would come in either
        except duckdb.Error as error:
            raise NotATable(f"{path}: {str(error).splitlines()[0]}") from None
        _count_rejected(path, writer.connection, counts)
        yield CsvTable(_TABLE, names)
    finally:
        writer.connection.execute(f"DROP TABLE IF EXISTS {_TABLE}")
        if plain != path:
            plain.unlink(missing_ok=True)


def require(names: list[str], needed: Sequence[str], path: Path) -> None:
    """Raises NotATable if one of `needed` is not among `names`."""
    missing = [name for name in needed if name not in names]
    if missing:
        raise NotATable(f"{path}: lacks the columns {', '.join(missing)}")


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


def _count_rejected(path: Path, connection: Any, counts: Counts) -> None:
    """Lines that are no CSV of this header: DuckDB keeps one row a missing column, so lines are counted."""
    rejected = connection.execute(
        "SELECT line, any_value(error_type) FROM reject_errors GROUP BY line ORDER BY line"
    ).fetchall()
    for line, kind in rejected:
        counts.refuse("bad_line", f"{path}:{line}", str(kind).lower())
    connection.execute("DROP TABLE IF EXISTS reject_errors")
    connection.execute("DROP TABLE IF EXISTS reject_scans")
