"""ClickHouse over its HTTP interface: the engine beyond one machine (docs/clickhouse.md has the tables).

The database holds a table or view `flat` with the columns of the store. Nothing is written here: files are loaded by
`scripts/clickhouse-load`.
"""

import hashlib
import http.client
from collections.abc import Iterator
from datetime import date
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import pyarrow as pa

from analysis.engines.dialect import CLICKHOUSE, Dialect
from analysis.errors import DataError

# What makes ClickHouse read our SQL as DuckDB does.
SETTINGS: Final = {
    "join_use_nulls": "1",  # what an outer join does not find is null, not 0 or ''
    "prefer_column_name_to_alias": "1",  # a name means the column, also where an alias hides it
    "aggregate_functions_null_for_empty": "1",
    "output_format_arrow_string_as_string": "1",
    "output_format_arrow_low_cardinality_as_dictionary": "0",
    "distributed_product_mode": "global",  # a join of sharded tables sees the rows of all shards
}
_PORT: Final = 8123
_TIMEOUT: Final = 600.0  # seconds without a byte: a large join may think for minutes


class ClickHouseData:
    """A database of a server or cluster, open for reading."""

    sql: Dialect = CLICKHOUSE

    def __init__(self, url: str) -> None:
        """`clickhouse://[USER[:PASSWORD]@]HOST[:PORT]/DATABASE[?secure=1]`. Raises DataError without rows."""
        parts = urlsplit(url)
        if parts.scheme != "clickhouse" or not parts.hostname:
            raise DataError(
                f"{parts.scheme}://... is no address of a database; write clickhouse://HOST/DATABASE"
            )
        self._host, self._port = parts.hostname, parts.port or _PORT
        self._secure = parse_qs(parts.query).get("secure") == ["1"]
        self._headers = {
            "X-ClickHouse-Database": parts.path.strip("/") or "default",
            "X-ClickHouse-User": unquote(parts.username or "default"),
            "X-ClickHouse-Key": unquote(parts.password or ""),
        }
        if not self.query("SELECT count(*) AS n FROM flat")["n"][0].as_py():
            raise DataError(
                f"{self._host}: the table `flat` is empty; docs/clickhouse.md says how to load it"
            )

    def rows(self, first: date, last: date) -> str:
        """Rows of `flat` of these UTC days."""
        return f"(SELECT * FROM flat WHERE day >= '{first}' AND day <= '{last}')"

    def query(self, sql: str) -> Any:
        """The answer as a `pyarrow.Table`."""
        with pa.ipc.open_stream(self._ask(sql)) as reader:
            return reader.read_all()

    def stream(self, sql: str) -> Iterator[dict[str, Any]]:
        """The answer row by row."""
        with pa.ipc.open_stream(self._ask(sql)) as reader:
            for batch in reader:
                yield from batch.to_pylist()

    def _ask(self, sql: str) -> http.client.HTTPResponse:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=_TIMEOUT)
        body = f"{sql}\nFORMAT ArrowStream"
        try:
            connection.request("POST", f"/?{urlencode(SETTINGS)}", body.encode(), self._headers)
            answer = connection.getresponse()
            if answer.status != http.client.OK:
                raise DataError(f"{self._host}: {answer.read(2000).decode('utf-8', 'replace').strip()}")
        except OSError as error:
            raise DataError(f"{self._host}:{self._port} does not answer: {error}") from error
        return answer

    def fingerprint(self) -> str:
        """A hash of all rows, whatever their order."""
        row = self.query("SELECT count(*) AS n, toString(sum(cityHash64(*))) AS rows FROM flat").to_pylist()[
            0
        ]
        return hashlib.sha256(f"{row['n']} {row['rows']}".encode()).hexdigest()

    def close(self) -> None:
        """Each query had a connection of its own."""

    def __enter__(self) -> "ClickHouseData":
        return self

    def __exit__(self, *about: object) -> None:
        self.close()
