"""Where the readers of an import put what they find."""

from datetime import datetime
from typing import Any, Final

import pyarrow as pa

from analysis.parquet_store import Stage, Writer
from analysis.tables import FLAT, OBSERVATIONS, OONI

# Rows held in memory before they are staged: large enough for Parquet, small enough to forget (some 10 MB).
BATCH: Final = 8192


class Rows:
    """Takes rows as tuples in the order of the table's columns, and stages them in batches."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._rows: list[tuple[Any, ...]] = []

    def add(self, row: tuple[Any, ...]) -> None:
        self._rows.append(row)
        if len(self._rows) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Stage what is held."""
        if self._rows:
            schema = self._stage.table.schema
            arrays = [
                pa.array(values, field.type)
                for values, field in zip(zip(*self._rows, strict=True), schema, strict=True)
            ]
            self._stage.add(pa.RecordBatch.from_arrays(arrays, schema=schema))
            self._rows = []


class Stages:
    """One stage for each kind of record."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.tables = writer.stage(FLAT)  # rows of flat tables
        self._derived = writer.stage(FLAT)  # rows that sum up the records below
        self._ooni = writer.stage(OONI)
        self._observations = writer.stage(OBSERVATIONS)
        self.votes = Rows(self._derived)
        self.ooni = Rows(self._ooni)
        self.observations = Rows(self._observations)

    def commit(self) -> tuple[int, int]:
        """Make all of it part of the store; gives (new records, duplicates).

        Evidence goes first: a run that is killed in between can be repeated, and adds the rows then.
        """
        for rows in (self.ooni, self.observations, self.votes):
            rows.flush()
        added = [stage.commit() for stage in (self.tables, self._ooni, self._observations)]
        self._derived.commit()
        return sum(each.rows for each in added), sum(each.duplicates for each in added)


def evidence(time: datetime, identity: str, run: str | None, record: bytes) -> tuple[Any, ...]:
    """A row of an evidence table."""
    return (time, identity, run, record)
