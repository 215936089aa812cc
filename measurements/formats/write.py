"""Writing observations in each format that needs no engine; a new one is a function and a line in `WRITERS`."""

import csv
import io
from collections.abc import Callable, Iterable
from importlib.metadata import version
from typing import BinaryIO, Final

import msgspec

from measurements.formats import ooni
from measurements.formats.flat import COLUMNS, NAMES, flat_row, text_of
from measurements.formats.openmetrics import write_openmetrics
from measurements.records import Observation

# Gives the number of records written.
Writer = Callable[[Iterable[Observation], BinaryIO], int]


def write_jsonl(observations: Iterable[Observation], file: BinaryIO) -> int:
    """Observations whole, one a line: nothing is lost, and `efir import` takes them back."""
    return _lines(observations, file)


def write_ooni(observations: Iterable[Observation], file: BinaryIO) -> int:
    """OONI measurements, one a line."""
    return _lines(ooni.measurements(observations, version("efir")), file)


def _lines(records: Iterable[object], file: BinaryIO) -> int:
    encode, number = msgspec.json.Encoder().encode, 0
    for number, record in enumerate(records, 1):  # noqa: B007 - the last number is the answer
        file.write(encode(record) + b"\n")
    return number


def write_csv(observations: Iterable[Observation], file: BinaryIO) -> int:
    """The flat table as CSV."""
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer, number = csv.writer(text, lineterminator="\n"), 0
    try:
        writer.writerow(NAMES)
        for row in filter(None, map(flat_row, observations)):
            writer.writerow(text_of(row))
            number += 1
    finally:
        text.detach()  # else the wrapper would close what is not its own
    return number


def write_parquet(observations: Iterable[Observation], file: BinaryIO) -> int:
    """The flat table as Parquet. Raises ImportError without pyarrow, which comes with `efir[analysis]`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "time": pa.timestamp("us", tz="UTC"),
        "text": pa.string(),
        "number": pa.float64(),
        "count": pa.int64(),
    }
    schema = pa.schema([(column.name, types[column.kind]) for column in COLUMNS])
    rows = list(filter(None, map(flat_row, observations)))  # a device's store, at most some 100,000 rows
    columns = list(zip(*rows, strict=True)) or [()] * len(NAMES)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), file, compression="zstd")
    return len(rows)


WRITERS: Final[dict[str, Writer]] = {
    "jsonl": write_jsonl,
    "ooni": write_ooni,
    "csv": write_csv,
    "parquet": write_parquet,
    "openmetrics": write_openmetrics,
}
