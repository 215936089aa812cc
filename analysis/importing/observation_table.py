"""OONI's observation tables (CSV, one row a measurement and address): every measurement becomes one record.

The traps of real tables are handled and counted: rows come in any order and some twice, host names are missing where an
app connects to a bare address, IPv6 fails on lines that have none, and some probes report negative handshake times.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from analysis.importing.counts import Counts
from analysis.importing.csv_table import open_csv
from analysis.importing.ooni_records import OoniReader
from analysis.ooni.extract import (
    OWN_ENGINES,
    NotAMeasurement,
    failure_of,
    host_and_scheme,
    led_to,
    read_asn,
    read_time,
)
from analysis.ooni.platforms import Platforms
from analysis.ooni.record import Attempt, Outside, Record
from analysis.parquet_store import Writer
from measurements.rules.line import NO_ROUTE

# Columns of ooni/data's `obs_web` that are used; a table without `measurement_uid` and `test_name` is another one.
COLUMNS: Final = (
    "measurement_uid",
    "report_id",
    "test_name",
    "input",
    "measurement_start_time",
    "probe_asn",
    "probe_cc",
    "network_type",
    "hostname",
    "ip",
    "port",
    "dns_failure",
    "dns_answer",
    "dns_answer_asn",
    "dns_engine",
    "tcp_success",
    "tcp_failure",
    "tls_success",
    "tls_failure",
    "tls_handshake_time",
    "tls_handshake_read_bytes",
    "http_request_url",
    "http_failure",
    "http_response_status_code",
    "probe_analysis",
)
NEEDED: Final = ("measurement_uid", "test_name", "measurement_start_time")
# What the probe concluded from the test helper's view: these words mean that the helper got the page.
_HELPER_GOT_IT: Final = frozenset({"dns", "tcp_ip", "http-failure", "http-diff"})
# ... and these that the probe, if it got a page at all, got another one.
_OTHER_PAGE: Final = frozenset({"dns", "http-diff"})
_TIMEOUTS: Final = frozenset({"generic_timeout_error", "timed_out"})
_ADDRESS: Final = re.compile(r"[0-9.]+|[0-9a-fA-F.]*:[0-9a-fA-F:.]*")
_ROWS_AT_ONCE: Final = 10_000  # fetched at a time

Row = dict[str, str | None]


def import_observation_table(
    path: Path, writer: Writer, reader: OoniReader, platforms: Platforms, counts: Counts
) -> None:
    """Bring one table in; memory does not depend on its size. Raises NotATable."""
    with open_csv(path, writer, counts, NEEDED) as table:
        for uid, rows in groupby(_sorted_rows(table, writer.connection), key=itemgetter("measurement_uid")):
            _take(uid, list(rows), path, reader, platforms, counts)


def _sorted_rows(table: "Any", connection: Any) -> Iterator[Row]:
    present = [name for name in COLUMNS if name in table.names]
    columns = ", ".join(f"nullif({name}, '') AS {name}" for name in present)
    cursor = connection.execute(f"SELECT {columns} FROM {table.name} ORDER BY ALL")
    while rows := cursor.fetchmany(_ROWS_AT_ONCE):
        for values in rows:
            yield dict.fromkeys(COLUMNS) | dict(zip(present, values, strict=True))


def _take(
    uid: str | None, rows: list[Row], path: Path, reader: OoniReader, platforms: Platforms, counts: Counts
) -> None:
    try:
        record = record_of(rows, platforms)
    except NotAMeasurement as error:
        counts.refuse("not_a_measurement", f"{path}: {uid}", str(error), len(rows))
        return
    counts.read += 1
    counts.noticed.update(traps(rows))
    if record is None:
        counts.noticed[f"no_target_{rows[0]['test_name']}"] += 1
    else:
        reader.keep(record)


def record_of(rows: list[Row], platforms: Platforms) -> Record | None:
    """The evidence of one measurement from all its rows; None for a test without a target."""
    first = rows[0]
    time = read_time(first["measurement_start_time"])
    test, uid = first["test_name"], first["measurement_uid"]
    if time is None or not test or not uid:
        raise NotAMeasurement("no time, test_name or measurement_uid")
    attempts: dict[tuple[object, ...], Attempt] = {}
    for row in rows:
        for attempt in _attempts(row):
            attempts.setdefault(_identity(attempt), attempt)
    platform = platforms.of_measurement(test, first["input"], led_to(attempts.values()))
    if platform is None:
        return None
    analyses = {row["probe_analysis"] for row in rows}
    return Record(
        id=uid,
        source=uid,
        test=test,
        time=time,
        platform=platform,
        input=first["input"],
        asn=read_asn(first["probe_asn"]),
        country=first["probe_cc"],
        network=first["network_type"],
        # Rows come in any order; a chain of redirects begins in clear text, and OONI puts its end first.
        attempts=tuple(sorted(attempts.values(), key=lambda a: a.step == "http" and not a.secure)),
        outside=_outside(analyses),
        page_differs=True if analyses & _OTHER_PAGE else None,
    )


def _identity(attempt: Attempt) -> tuple[object, ...]:
    return tuple(getattr(attempt, name) for name in attempt.__struct_fields__)


def _attempts(row: Row) -> Iterator[Attempt]:
    host, address, port = row["hostname"], row["ip"], _number(row["port"])
    if host and (row["dns_failure"] or row["dns_answer"]):
        answer = row["dns_answer"] if _ADDRESS.fullmatch(row["dns_answer"] or "") else None  # else an alias
        network = _number(row["dns_answer_asn"])
        yield Attempt(
            "dns",
            host,
            failure=failure_of(row["dns_failure"]),
            own=row["dns_engine"] in OWN_ENGINES,
            answers=(answer,) if answer else (),
            asns=(network,) if answer and network else (),
        )
    if row["tcp_success"] or row["tcp_failure"]:
        failure = failure_of(row["tcp_failure"]) or (None if _true(row["tcp_success"]) else "unknown_failure")
        yield Attempt("tcp", host, address, port, failure)
    if _true(row["tls_success"]) or row["tls_failure"]:
        failure = failure_of(row["tls_failure"])
        received = _number(row["tls_handshake_read_bytes"]) if failure in _TIMEOUTS else 0
        yield Attempt("tls", host, address, port, failure, received=received or 0)
    if row["http_request_url"]:
        name, secure = host_and_scheme(row["http_request_url"])
        status = _number(row["http_response_status_code"]) or None
        yield Attempt("http", name, failure=failure_of(row["http_failure"]), secure=secure, status=status)


def _true(text: str | None) -> bool:
    """Truth as databases (1), pandas (1.0, True) and people write it."""
    return (text or "").casefold() in ("1", "1.0", "true", "t")


def _number(text: str | None) -> int | None:
    """ "443.0" -> 443; tables that went through pandas hold numbers so."""
    try:
        return int(float(text)) if text else None
    except (ValueError, OverflowError):
        return None


def _outside(analyses: set[str | None]) -> Outside | None:
    """Tables leave the test helper's view out, but for what the probe concluded from it."""
    if analyses & _HELPER_GOT_IT:
        return Outside(http_works=True)
    return Outside(http_works=False) if "false" in analyses else None


def traps(rows: list[Row]) -> Counter[str]:
    """How often each known oddity of such tables is met in the rows of one measurement."""
    found: Counter[str] = Counter()
    found["table_rows"] = len(rows)
    for row in rows:
        found["rows_without_hostname"] += row["hostname"] is None
        found["negative_handshake_times"] += (row["tls_handshake_time"] or "").startswith("-")
        found["ipv6_without_route"] += row["tcp_failure"] in NO_ROUTE and ":" in (row["ip"] or "")
    return +found
