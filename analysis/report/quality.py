"""How good the data are: gaps, failed controls, clocks, lag. One pass over the flat table, one over own records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from analysis.data import Data
from analysis.engines.duck import connect
from analysis.parquet_store import read_files
from analysis.tables import OBSERVATIONS

_HOUR: Final = 3600
# What an own observation may be flagged for (measurements/records.py).
FLAGS: Final = ("lag", "suspended", "network_changed", "clock_jumped")


@dataclass(frozen=True)
class Quality:
    """Counts of rows; times in UTC seconds. `flags` is None where the data hold no own records."""

    rows: int
    vantages: int
    first: int
    last: int
    hours_held: int
    hours_total: int
    gap_start: int
    gap_hours: int
    targets: int
    targets_failed: int
    controls: int
    controls_failed: int
    future: int
    flags: Mapping[str, int] | None


def quality(data: Data, flags: Mapping[str, int] | None, now: int) -> Quality:
    """The quality of all rows of `data`; `now` is in UTC seconds."""
    epoch = data.sql.epoch("time")
    sums = data.query(
        f"""SELECT count(*) AS rows_, count(DISTINCT vantage) AS vantages, min({epoch}) AS first, max({epoch}) AS last,
        sum(CASE WHEN role = 'target' THEN 1 ELSE 0 END) AS targets,
        sum(CASE WHEN role = 'target' AND failure IS NOT NULL THEN 1 ELSE 0 END) AS targets_failed,
        sum(CASE WHEN role = 'control' THEN 1 ELSE 0 END) AS controls,
        sum(CASE WHEN role = 'control' AND failure IS NOT NULL THEN 1 ELSE 0 END) AS controls_failed,
        sum(CASE WHEN {epoch} > {now} THEN 1 ELSE 0 END) AS future FROM flat"""
    ).to_pylist()[0]
    hour = data.sql.bin("time", _HOUR)
    held = data.query(f"SELECT DISTINCT {hour} AS hour FROM flat ORDER BY hour")["hour"].to_pylist()
    gap_hours, gap_start = max(
        ((later - one - 1, one + 1) for one, later in pairwise(held)), default=(0, held[0])
    )
    return Quality(
        rows=int(sums["rows_"]),
        vantages=int(sums["vantages"]),
        first=int(sums["first"]),
        last=int(sums["last"]),
        hours_held=len(held),
        hours_total=int(held[-1] - held[0] + 1),
        gap_start=int(gap_start) * _HOUR,
        gap_hours=int(gap_hours),
        **{
            name: int(sums[name])
            for name in ("targets", "targets_failed", "controls", "controls_failed", "future")
        },
        flags=flags,
    )


def recorded_flags(store: Path) -> Mapping[str, int] | None:
    """How many own observations of a store carry each flag; None where it holds none."""
    files = OBSERVATIONS.files(store)
    if not files:
        return None
    columns = ", ".join(f"count(*) FILTER (WHERE list_contains(flags, '{flag}')) AS {flag}" for flag in FLAGS)
    with connect() as connection:
        counts = connection.execute(
            f"SELECT {columns} FROM (SELECT json_extract_string(decode(record), '$.flags[*]') AS flags "
            f"FROM {read_files(files)})"
        ).fetchone()
    return dict(zip(FLAGS, counts, strict=True))


def published_only(data: Data) -> frozenset[tuple[str, int | None]]:
    """(platform, AS) whose target rows are all OONI's."""
    table = data.query(
        "SELECT platform, asn FROM flat WHERE role = 'target' GROUP BY platform, asn "
        "HAVING min(origin) = 'ooni' AND max(origin) = 'ooni'"
    )
    return frozenset(_keys(table.to_pylist()))


def _keys(rows: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, int | None]]:
    return ((row["platform"], row["asn"]) for row in rows)
