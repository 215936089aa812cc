"""Arrow types of the flat table."""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from analysis.flat import STORED, Column, Kind

_TYPES: dict[Kind, Any] = {
    "time": pa.timestamp("us", tz="UTC"),
    "text": pa.string(),
    "number": pa.float64(),
    "count": pa.int64(),
}


def schema(columns: Iterable[Column] = STORED) -> Any:
    """`pyarrow.Schema` of the given columns."""
    return pa.schema([pa.field(column.name, _TYPES[column.kind]) for column in columns])


def batch(rows: list[dict[str, object]]) -> Any:
    """A `pyarrow.RecordBatch` of stored rows; keys that a row lacks become null."""
    return pa.RecordBatch.from_pylist(rows, schema=schema())
