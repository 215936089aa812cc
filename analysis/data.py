"""Where analyses get their rows from: `open_data`, whatever engine holds them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from analysis.engines.dialect import Dialect
from analysis.errors import DataError


class Data(Protocol):
    """Rows of the flat table, asked in SQL over the view `flat` (docs/data.md names its columns)."""

    @property
    def sql(self) -> Dialect:
        """Snippets in which engines differ; build queries from them."""

    def rows(self, first: date, last: date) -> str:
        """Rows of `flat` of these UTC days, in brackets as a source of a query."""

    def query(self, sql: str) -> Any:
        """The answer as a `pyarrow.Table`."""

    def stream(self, sql: str) -> Iterator[dict[str, Any]]:
        """The answer row by row, for what may not fit into memory."""

    def fingerprint(self) -> str:
        """A hash that changes when the data do."""

    def close(self) -> None: ...


def missing(folder: Path) -> str:
    """What to say about a folder that holds no data."""
    if folder.is_file():
        return f"{folder}: is a file. Bring it into a folder with `efir import {folder} --into FOLDER`."
    return f"{folder}: holds no data. Bring some in with `efir import FILE... --into {folder}`."


def open_data(path: str) -> Data:
    """The data in folder `path`, made by `efir import`, or in a database at `clickhouse://...`.

    Raises DataError where there are none.
    """
    if path.startswith("clickhouse://"):
        from analysis.engines.clickhouse import ClickHouseData

        return ClickHouseData(path)
    from analysis.engines.duck import DuckData
    from analysis.tables import FLAT

    folder = Path(path)
    if not folder.exists():
        raise DataError(f"{path}: no such folder. Make it with `efir import FILE... --into {path}`.")
    files = FLAT.files(folder)
    if not files:
        raise DataError(missing(folder))
    return DuckData(files)
