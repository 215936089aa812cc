"""All verdicts that a store's data give: over OONI's measurements, our own rounds, and the hours of flat tables."""

from collections.abc import Iterator
from itertools import count, groupby
from pathlib import Path
from typing import Any

import msgspec

from analysis.data import Data, missing, open_data
from analysis.engines.duck import DuckData, connect
from analysis.errors import DataError
from analysis.ooni.extract import led_to
from analysis.ooni.judge import verdict_line
from analysis.ooni.platforms import platforms_of
from analysis.ooni.record import Record
from analysis.parquet_store import read_files
from analysis.tables import FLAT, OBSERVATIONS, OONI, Table
from analysis.verdicts import hours, pairs
from measurements.records import Observation, VerdictLine
from measurements.rules.judge import Round, judge_round
from measurements.targets import Targets
from measurements.throttle.stored import decided_again

_AT_ONCE = 1000  # records decoded at a time; some hold a megabyte


def verdicts_in(place: str, targets: Targets) -> Iterator[VerdictLine]:
    """Every verdict line of a folder, or of a database, which holds flat rows alone. Raises DataError."""
    if "://" in place:
        return of_hours(open_data(place), targets)
    return verdicts_of(Path(place), targets)


def verdicts_of(store: Path, targets: Targets) -> Iterator[VerdictLine]:
    """Every verdict line, streamed. Raises DataError for a folder without data."""
    if not any(table.files(store) for table in (FLAT, OBSERVATIONS, OONI)):
        raise DataError(missing(store))
    yield from _of_ooni(store, targets)
    yield from _of_rounds(store, targets)
    if FLAT.files(store):
        with DuckData(FLAT.files(store)) as data:
            yield from of_hours(data, targets)


def of_hours(data: Data, targets: Targets) -> Iterator[VerdictLine]:
    """One line a vantage, platform and hour of what came as flat tables."""
    hour = data.sql.bin("time", 3600)
    rows = data.stream(hours.QUERY.format(hour=hour))
    flows = data.stream(pairs.QUERY.format(hour=hour, goodput=data.sql.goodput, epoch=data.sql.epoch("time")))
    return hours.judge_hours(rows, flows, targets)


def _of_ooni(store: Path, targets: Targets) -> Iterator[VerdictLine]:
    platforms = platforms_of(targets)
    decode = msgspec.json.Decoder(Record).decode
    for _, line in _evidence(store, OONI, "time"):
        record = decode(line)
        # The targets may be others than at the time of the import.
        known = platforms.of_measurement(record.test, record.input, led_to(record.attempts))
        record.platform = known or record.platform
        yield verdict_line(record)


def _of_rounds(store: Path, targets: Targets) -> Iterator[VerdictLine]:
    decode = msgspec.json.Decoder(Observation).decode
    for run, records in groupby(_evidence(store, OBSERVATIONS, "run, time, id"), key=lambda row: row[0]):
        yield from of_round(run or "", [decode(line) for _, line in records], targets)


def of_round(run: str, observations: list[Observation], targets: Targets) -> list[VerdictLine]:
    """Verdict lines of one round of our own, by today's rules; none of a session's run, which `sessions_in` has."""
    first = min(observations, key=lambda o: o.time)
    about = Round(run, first.vantage, first.asn, first.country, first.time)
    numbers = count(1)
    measured = sorted({o.platform for o in observations if _of_an_endpoint(o, targets)})
    _, lines = judge_round(targets, observations, about, lambda: f"{run}-{next(numbers)}", measured)
    return lines


def _of_an_endpoint(row: Observation, targets: Targets) -> bool:
    """True for what a round asks of a target; a session's transfers, and how their hosts were found, are none of it."""
    platform = targets.platforms.get(row.platform)
    return (
        row.role == "target"
        and row.probe != "transfer"
        and platform is not None
        and any(endpoint.id == row.endpoint for endpoint in platform.endpoints)
    )


def sessions_in(place: str) -> Iterator[dict[str, Any]]:
    """Each throttling session of our own in a folder, decided by today's rules: a `throttle` line, and whose it is."""
    files = OBSERVATIONS.files(Path(place)) if "://" not in place else []
    if not files:
        return
    field = "json_extract_string(decode(record), '$.{name}')"
    query = (
        f"SELECT {field.format(name='vantage')} AS vantage, record FROM {read_files(files)} "
        f"WHERE {field.format(name='probe')} = 'transfer' ORDER BY vantage, time, id"
    )
    decode = msgspec.json.Decoder(Observation).decode
    for vantage, rows in groupby(_rows(query), key=lambda row: row[0]):
        for first, line in decided_again([decode(record) for _, record in rows]):
            whose = {"vantage": vantage, "asn": first.asn, "country": first.country, "time": first.time}
            yield msgspec.to_builtins(line) | whose | {"run_id": first.run_id}


def _evidence(store: Path, table: Table, order: str) -> Iterator[tuple[str | None, bytes]]:
    files = table.files(store)
    if not files:
        return
    yield from _rows(f"SELECT run, record FROM {read_files(files)} ORDER BY {order}")


def _rows(query: str) -> Iterator[tuple[str | None, bytes]]:
    with connect() as connection:
        cursor = connection.execute(query)
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from rows
