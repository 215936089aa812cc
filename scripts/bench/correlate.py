"""How long `efir correlate` takes with its own number of shifts, from the store to the answer.

    python scripts/bench/correlate.py [--folder DIR]

Makes what a season of measuring leaves: 60 days, 20 vantages in 6 networks, 7 platforms, and per vantage, platform and
half hour one pair of downloads, one handshake with the platform and one with a control; and a schedule of ten evenings.
Runs the command in a process of its own, and prints the seconds of both outcomes together.
"""

import argparse
import os
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from analysis.correlate.settings import SHIFTS
from analysis.parquet_store import open_writer
from analysis.tables import FLAT

DAYS = 60
# Heavy tails, slower evenings, a fiftieth of all flows and handshakes fails.
MAKE = f"""
WITH slots AS (
    SELECT v, p, s, TIMESTAMPTZ '2024-03-04' + to_minutes(30 * s) + to_seconds(v * 60 + p) AS time, s % 48 AS slot
    FROM range(20) AS a(v), range(7) AS b(p), range({DAYS * 48}) AS c(s)
), rows AS (
    SELECT *, flow % 2 = 0 AS target, flow < 2 AS loaded, hash(v, p, s, flow) AS h FROM slots, range(4) AS f(flow)
)
SELECT time, 'v' || v AS vantage, 64500 + v % 6 AS asn, 'KZ' AS country, 'mobile' AS access,
       CASE WHEN target THEN 'platform' || p ELSE 'wiki' END AS platform, 'web' AS endpoint,
       CASE WHEN target THEN 'target' ELSE 'control' END AS role,
       CASE WHEN loaded THEN 'transfer' ELSE 'tls' END AS probe,
       CASE WHEN loaded THEN concat_ws('-', v, p, s) END AS pair,
       CASE WHEN loaded AND NOT target THEN 'foreign' END AS arm, NULL AS stage,
       CASE WHEN h % 50 = 0 THEN 'generic_timeout_error' END AS failure, 2.0 AS seconds, 250000 AS bytes,
       CASE WHEN loaded THEN exp(12 + h % 10000 / 4000.0 - 0.4 * (slot BETWEEN 28 AND 36)::INT) END
           AS goodput_bytes_per_second,
       NULL AS measurement, 'flat' AS origin
FROM rows
"""


def make(folder: Path) -> int:
    """The store and the schedule; gives the number of rows."""
    with open_writer(folder / "data") as writer:
        stage = writer.stage(FLAT)
        rows = stage.add_query(MAKE)
        stage.commit()
    first = datetime.fromisoformat("2024-03-05T20:00")
    starts = [first + timedelta(days=6 * n, minutes=15 * (n % 4)) for n in range(10)]
    events = [
        f"  - {{id: e{n}, kind: livestream, start: {start:%Y-%m-%dT%H:%M}, "
        f"end: {start + timedelta(hours=2):%Y-%m-%dT%H:%M}, source: made up}}"
        for n, start in enumerate(starts)
    ]
    (folder / "events.yaml").write_text(
        "\n".join(["version: 1", "timezone: Asia/Almaty", "events:", *events, ""])
    )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where to work; default: a temporary folder")
    given = parser.parse_args()
    with TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        rows = make(folder)
        command = [sys.executable, "-m", "efir", "correlate", "--json", "--quiet"]
        command += ["--data", str(folder / "data"), "--schedule", str(folder / "events.yaml")]
        begun = time.perf_counter()
        answer = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        wall, used = time.perf_counter() - begun, os.times()
        cells = answer.stdout.count(b'"association"')
        print(
            f"efir correlate: {rows:,} rows, {cells} cells, {SHIFTS} shifts: {wall:.1f} s, "
            f"{used.children_user + used.children_system:.1f} s of CPU"
        )


if __name__ == "__main__":
    main()
