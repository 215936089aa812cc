"""What `efir serve` reads from a folder for analysis: only its newest days, and only files it has not read yet.

Such a folder is filled by imports, so its rows come in files that never change. Rounds of our own are judged again by
the rules of the probe; flat tables have no rounds, so each hour of a vantage counts as one.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any, Final

import duckdb
import msgspec
from msgspec.structs import replace

from analysis.engines.duck import DuckData, connect
from analysis.errors import DataError
from analysis.parquet_store import read_files
from analysis.tables import FLAT, OBSERVATIONS, Table
from analysis.verdicts.pairs import throttled
from analysis.verdicts.stored import of_hours, of_round
from exporter.source import Arrivals, Past, Round, Session, SourceError, StoreState, VantageFacts
from measurements.records import (
    Observation,
    Phases,
    SummaryLine,
    ThrottleLine,
    TlsFacts,
    TransferFacts,
    VerdictLine,
)
from measurements.rules.line import judge_line
from measurements.targets import Targets

# Flows of a session that decide; flat tables' pairs have no purpose.
_DECIDING: Final = frozenset({"pair", None})
_ROWS: Final = """
SELECT * FROM flat WHERE origin = 'flat' AND measurement IS NULL AND time >= TIMESTAMPTZ '{since}'
ORDER BY vantage, time
"""


class DataSource:
    """A folder made by `efir import`. Many vantages: /metrics shows networks only."""

    own = False

    def __init__(self, folder: Path, targets: Targets) -> None:
        if not folder.is_dir():
            raise DataError(f"{folder}: no such folder. Make it with `efir import FILE... --into {folder}`.")
        self._folder = folder
        self._targets = targets
        self._read: set[Path] = set()
        self._said: set[tuple[str | None, str, datetime, str]] = set()

    def arrivals(self, since: datetime, lately: datetime) -> Arrivals:
        try:
            rounds = list(self._new_rounds(since))
            hours = list(self._new_hours(since))
        except (duckdb.Error, OSError) as error:
            raise SourceError(f"{self._folder}: {error}") from None
        return Arrivals(
            [row for rows, _verdicts, _round in (*rounds, *hours) for row in rows],
            [line for _rows, verdicts, _round in (*rounds, *hours) for line in verdicts],
            [each for _rows, _verdicts, each in (*rounds, *hours)],
            [session for rows, _verdicts, _round in rounds for session in _slowed(rows)],
        )

    def past(self) -> Past | None:
        return None  # files of whole days, which the first call has read

    def facts(self) -> Mapping[str, VantageFacts]:
        return {}

    def state(self) -> StoreState:
        return StoreState()

    def close(self) -> None:
        return None

    def _recent(self, table: Table, since: datetime) -> tuple[list[Path], list[Path]]:
        """Files of the newest days, and those of them that were not read before."""
        recent = [file for file in table.files(self._folder) if file.parent.name >= f"day={since:%Y-%m-%d}"]
        new = [file for file in recent if file not in self._read]
        self._read.update(new)
        return recent, new

    def _new_rounds(self, since: datetime) -> "Iterator[_Told]":
        _recent, new = self._recent(OBSERVATIONS, since)
        if not new:
            return
        with connect() as connection:
            query = f"SELECT run, record FROM {read_files(new)} WHERE time >= $since ORDER BY run, time, id"
            records = connection.execute(query, {"since": since}).fetchall()
        for run, rows in groupby(records, key=lambda record: record[0]):
            observations = [msgspec.json.decode(row, type=Observation) for _run, row in rows]
            yield _told(observations, of_round(run or "", observations, self._targets), self._targets)

    def _new_hours(self, since: datetime) -> "Iterator[_Told]":
        recent, new = self._recent(FLAT, since)
        if not new:
            return
        with DuckData(new) as data:
            rows = [_observation(row) for row in data.stream(_ROWS.format(since=since.isoformat()))]
        with DuckData(recent) as data:
            found = [
                line for line in of_hours(data, self._targets) if line.time >= since - timedelta(hours=1)
            ]
        verdicts: dict[str, list[VerdictLine]] = {}
        for line in found:
            key = (line.vantage, line.platform, line.time, line.verdict)
            if key not in self._said:
                self._said.add(key)
                run = _hour(line.vantage or "", line.time)
                verdicts.setdefault(run, []).append(replace(line, run_id=run))
        for run, mine in groupby(rows, key=lambda row: row.run_id):
            yield _told(list(mine), verdicts.pop(run, []), self._targets)


_Told = tuple[list[Observation], list[VerdictLine], Round]


def _told(rows: list[Observation], verdicts: list[VerdictLine], targets: Targets) -> _Told:
    line = judge_line(rows, targets.controls)
    summary = SummaryLine(
        run_id=rows[0].run_id,
        online=line.online,
        international_cut=line.international_cut,
        controls_ok=line.controls_ok,
        controls_total=line.controls_total,
        bytes_sent=sum(row.bytes_sent for row in rows),
        bytes_received=sum(row.bytes_received for row in rows),
        duration_seconds=0.0,
    )
    return rows, _in_time(verdicts, rows), Round(max(row.time for row in rows), summary)


def _slowed(rows: list[Observation]) -> Iterator[Session]:
    """Platforms that a run's pairs prove to be throttled, by the test for hours of a flat table.

    Imported are the flows; what the session itself said of them stayed on the device.
    """
    flows = [
        (row, row.transfer)
        for row in rows
        if row.transfer and row.transfer.purpose in _DECIDING and row.transfer.goodput and not row.flags
    ]
    controls = {facts.pair: facts for row, facts in flows if row.role == "control" and facts.pair}
    pairs: dict[str, list[dict[str, Any]]] = {}
    for row, facts in flows:
        control = controls.get(facts.pair or "")
        if row.role == "target" and control is not None:
            pair = {"arm": control.arm, "target": facts.goodput, "control": control.goodput}
            pairs.setdefault(row.platform, []).append(pair)
    for platform, mine in pairs.items():
        judged = throttled(mine)
        if judged is not None:
            ratio = median(pair["target"] / pair["control"] for pair in mine)
            line = ThrottleLine(
                platform=platform, verdict="throttled", ratio=ratio, pairs=len(mine), reason=judged.reason
            )
            yield Session(max(row.time for row in rows), rows[0].run_id, line, rows[0].vantage)


def _in_time(verdicts: Iterable[VerdictLine], rows: list[Observation]) -> list[VerdictLine]:
    """An hour's verdict is as young as its last row."""
    newest = max(row.time for row in rows)
    return [replace(line, time=max(line.time, newest)) for line in verdicts]


def _hour(vantage: str, time: datetime) -> str:
    return f"{vantage} {time:%Y-%m-%dT%H}"


def _observation(row: Mapping[str, Any]) -> Observation:
    """A row of the flat table, as far as it goes: it has no addresses, no answers, and one duration."""
    probe, seconds, failed = row["probe"], row["seconds"], row["failure"]
    speed = row["goodput_bytes_per_second"]
    if speed is None and row["bytes"] is not None and seconds:
        speed = row["bytes"] / seconds
    return Observation(
        id="",
        run_id=_hour(row["vantage"], row["time"]),
        vantage=row["vantage"],
        asn=row["asn"],
        country=row["country"],
        access=row["access"],
        time=row["time"],
        platform=row["platform"],
        endpoint=row["endpoint"] or "",
        role=row["role"],
        probe=probe,
        phases=Phases(
            resolve=seconds if probe == "dns" else None, connect=seconds if probe == "tcp" else None
        ),
        stage=row["stage"],
        failure=failed,
        tls=TlsFacts(verified=True) if probe in ("tls", "http", "quic") and failed is None else None,
        transfer=TransferFacts(arm=row["arm"], pair=row["pair"], goodput=speed)
        if probe == "transfer"
        else None,
        bytes_received=row["bytes"] or 0,
    )
