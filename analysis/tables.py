"""The tables of a store: what each holds, and when two of its rows are one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from analysis.flat import STORED
from measurements.formats.flat import NAMES, Column, Kind

_TYPES: dict[Kind, Any] = {
    "time": pa.timestamp("us", tz="UTC"),
    "text": pa.string(),
    "number": pa.float64(),
    "count": pa.int64(),
    "raw": pa.binary(),
}


@dataclass(frozen=True)
class Table:
    """One table, kept as `FOLDER/day=YYYY-MM-DD/HASH.parquet` by the UTC day of its column `time`.

    `same` says which rows are one row: pairs of (kind of rows, as a condition in SQL; columns in which two of them then
    agree). The kinds do not overlap.
    """

    name: str
    folder: str  # below the store's own
    columns: tuple[Column, ...]
    same: tuple[tuple[str, tuple[str, ...]], ...]
    order: tuple[str, ...]  # of the rows of a file, time first; must tell any two of them apart
    distinct: tuple[str, ...]  # text columns of which hardly two rows share a value

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def repeated(self) -> list[str]:
        """Columns whose few values come again and again."""
        return [
            column.name
            for column in self.columns
            if column.kind == "text" and column.name not in self.distinct
        ]

    @property
    def schema(self) -> Any:
        """`pyarrow.Schema` of the table."""
        return pa.schema([pa.field(column.name, _TYPES[column.kind]) for column in self.columns])

    def batch(self, rows: list[dict[str, object]]) -> Any:
        """A `pyarrow.RecordBatch`; keys that a row lacks become null."""
        return pa.RecordBatch.from_pylist(rows, schema=self.schema)

    def files(self, store: Path) -> list[Path]:
        """Its Parquet files, by day."""
        return sorted((store / self.folder).glob("day=*/*.parquet"))


FLAT: Final = Table(
    name="flat",
    folder="",
    columns=STORED,
    # A measurement has one row. All others are one row when they agree in the whole contract; `origin` is left out,
    # so that an export that is imported again beside its source changes nothing.
    same=(("measurement IS NOT NULL", ("measurement",)), ("measurement IS NULL", NAMES)),
    order=tuple(column.name for column in STORED),
    distinct=("pair", "measurement"),
)


def _evidence(name: str, meaning: str, group: str) -> Table:
    columns = (
        Column("time", "time", "start, UTC", required=True),
        Column("id", "text", meaning, required=True),
        Column("run", "text", group),
        Column("record", "raw", "the record as JSON", required=True),
    )
    return Table(name, name, columns, same=(("true", ("id",)),), order=("time", "id"), distinct=("id",))


# What verdicts are computed from again: records, as the flat table leaves out too much.
OBSERVATIONS: Final = _evidence("observations", "id of the observation", "run that it belongs to")
OONI: Final = _evidence("ooni", "measurement_uid, else report id, input and time", "OONI's report id")
