"""Rows and records out of a store."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from analysis.engines.duck import connect, quoted
from analysis.parquet_store import read_files
from analysis.tables import FLAT, OBSERVATIONS
from measurements.formats.flat import COLUMNS, NAMES
from measurements.records import Observation

# Formats that the engine writes by itself, whatever the number of rows: DuckDB's options.
ENGINE_FORMATS: Final = {"csv": "FORMAT csv, HEADER", "parquet": "FORMAT parquet, COMPRESSION zstd"}


def export_flat(store: Path, format_: str, since: datetime | None, until: datetime | None, out: Path) -> int:
    """Write the flat table as `format_` (of ENGINE_FORMATS); gives the number of rows."""
    time = {"csv": "strftime(time, '%Y-%m-%dT%H:%M:%S.%fZ') AS time"}.get(format_, "time")
    columns = ", ".join([time, *NAMES[1:]])
    with connect() as connection:
        copied = connection.execute(
            f"COPY (SELECT {columns} FROM {read_files(FLAT.files(store))} WHERE {_between(since, until)} "
            f"ORDER BY {', '.join(c.name for c in COLUMNS if c.required)}) "
            f"TO {quoted(out)} ({ENGINE_FORMATS[format_]})"
        ).fetchone()
    return int(copied[0])


def holds_own(store: Path) -> bool:
    """True if a store holds observations of our own, not others' data alone."""
    return bool(OBSERVATIONS.files(store))


def stored(store: Path, since: datetime | None, until: datetime | None) -> Iterator[Observation]:
    """Our own observations in a store, run by run."""
    if not holds_own(store):
        return
    decode = msgspec.json.Decoder(Observation).decode
    with connect() as connection:
        source = read_files(OBSERVATIONS.files(store))
        cursor = connection.execute(
            f"SELECT record FROM {source} WHERE {_between(since, until)} ORDER BY run, time, id"
        )
        while rows := cursor.fetchmany(1000):
            yield from (decode(record) for (record,) in rows)


def _between(since: datetime | None, until: datetime | None) -> str:
    parts = [f"time >= {quoted(since.isoformat())}::TIMESTAMPTZ"] if since else []
    parts += [f"time < {quoted(until.isoformat())}::TIMESTAMPTZ"] if until else []
    return " AND ".join(parts) or "true"
