"""How fast correlate gets its votes out of a store: its data pass, the bare query, and pandas doing the same.

    python scripts/bench/window_join.py [--rows 5000000] [--runs 3] [--folder DIR] [--without-pandas]

Makes flows in pairs (7 platforms, 6 networks, 200 vantages, 120 days), imports them, and measures each way in a process
of its own, so that the peak of memory is its own too; the ways take turns, so that other work on the machine hits all
alike. The bare query is the join and the medians in one statement of DuckDB, with nothing chosen, filled in or split
into cells, and with all the memory it asks for. pandas does what the data pass does, with only the columns it needs and
words as categories; it is measured where it is installed, Efir does not need it.
"""

import argparse
import importlib.util
import math
import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from analysis.correlate.settings import BIN_SECONDS
from analysis.data import open_data
from analysis.engines.duck import connect
from analysis.parquet_store import open_writer
from analysis.tables import FLAT
from analysis.votes.load import load_votes

# Two flows a pair, one a second per vantage and platform in turn; speeds are heavy-tailed.
MAKE = """
WITH pairs AS (
    SELECT i, i % 200 AS v, (i // 200) % 7 AS p, TIMESTAMPTZ '2024-03-01' + to_microseconds(i * {step}) AS time
    FROM range({pairs}) AS t(i)
)
SELECT time, 'v' || v AS vantage, 64500 + v % 6 AS asn, 'KZ' AS country, 'mobile' AS access,
       CASE WHEN flow = 0 THEN 'platform' || p ELSE 'wiki' END AS platform, 'web' AS endpoint,
       CASE WHEN flow = 0 THEN 'target' ELSE 'control' END AS role, 'transfer' AS probe, 'p' || i AS pair,
       CASE WHEN flow = 1 THEN 'same_address' END AS arm, NULL AS stage,
       CASE WHEN hash(i, flow) % 50 = 0 THEN 'generic_timeout_error' END AS failure,
       2.0 AS seconds, 250000 AS bytes,
       exp(12 + (hash(i, flow) % 10000) / 4000.0) AS goodput_bytes_per_second, NULL AS measurement, 'flat' AS origin
FROM pairs, range(2) AS f(flow)
"""
DAYS = 120
# What the bare query may use; with the 2 GB that Efir keeps to, that of 50 M rows spends its time on the disk.
ROOM_GB = 12


def make(store: str, rows: int) -> int:
    """Fill the store; gives the number of rows."""
    pairs = rows // 2
    with open_writer(Path(store)) as writer:
        stage = writer.stage(FLAT)
        stage.add_query(MAKE.format(pairs=pairs, step=DAYS * 86_400_000_000 // pairs))
        return stage.commit().rows


def data_pass(store: str) -> int:
    """What `efir correlate` does before any statistics."""
    return sum(len(votes.time) for votes in load_votes(open_data(store), "goodput"))


BARE = """
WITH flows AS (
    SELECT *, ln(coalesce(goodput_bytes_per_second, bytes / seconds)) AS speed
    FROM read_parquet('{store}/day=*/*.parquet') WHERE probe = 'transfer' AND failure IS NULL
)
SELECT t.platform, t.asn, t.vantage, epoch_us(t.time) // {bin} AS bin, avg(epoch_us(t.time)), median(t.speed - c.speed)
FROM flows AS t JOIN flows AS c ON t.vantage = c.vantage AND t.pair = c.pair
WHERE t.role = 'target' AND c.role = 'control' AND abs(epoch_us(t.time) - epoch_us(c.time)) <= {hour}
GROUP BY ALL
"""


def bare_query(store: str) -> int:
    """The same join and medians, and nothing else."""
    connection = connect()
    connection.execute(f"SET memory_limit = '{ROOM_GB}GB'")
    query = BARE.format(store=store, bin=BIN_SECONDS * 1_000_000, hour=3_600_000_000)
    return int(connection.sql(query).to_arrow_table().num_rows)


def pandas_pass(store: str) -> int:
    """What the data pass does, in pandas: pairs, the arm of each vantage, failed targets filled in, medians, cells."""
    import numpy as np
    import pandas as pd

    few = ["vantage", "platform", "role", "arm", "failure"]  # of few values: as categories
    many = ["time", "asn", "pair", "seconds", "bytes", "goodput_bytes_per_second"]
    frame = pd.read_parquet(
        store, columns=[*few, *many], filters=[("probe", "==", "transfer")], read_dictionary=few
    )
    speed = frame.pop("goodput_bytes_per_second").fillna(frame.pop("bytes") / frame.pop("seconds"))
    frame["speed"] = np.log(speed.where(frame.pop("failure").isna() & (speed > 0)))
    target = frame.loc[frame["role"] == "target", ["platform", "asn", "vantage", "pair", "time", "speed"]]
    control = frame.loc[
        (frame["role"] == "control") & frame["speed"].notna(), ["vantage", "pair", "arm", "time", "speed"]
    ]
    del frame, speed
    pairs = target.merge(control, on=["vantage", "pair"], suffixes=("", "_control")).drop(columns="pair")
    del target, control
    pairs = pairs[(pairs["time"] - pairs.pop("time_control")).abs() <= pd.Timedelta(hours=1)]
    pairs["d"] = pairs.pop("speed") - pairs.pop("speed_control")
    line = ["platform", "asn", "vantage"]
    arms = pairs.groupby([*line, "arm"], dropna=False, observed=True).size().reset_index(name="pairs")
    own = arms.sort_values("pairs", ascending=False).drop_duplicates(line).drop(columns="pairs")
    kept = pairs.merge(own, on=[*line, "arm"])
    del pairs
    kept["failed"] = kept["d"].isna()
    lowest = kept.groupby(["platform", "asn"], observed=True)["d"].transform("min")
    kept["d"] = kept["d"].fillna(lowest)
    kept["bin"] = kept["time"].dt.floor(f"{BIN_SECONDS}s")
    votes = kept.groupby([*line, "bin"], dropna=False, observed=True).agg(
        time=("time", "mean"), value=("d", "median"), failed=("failed", "mean")
    )
    by_cell = (
        votes.reset_index().sort_values("time").groupby(["platform", "asn"], dropna=False, observed=True)
    )
    return sum(len(cell) for _, cell in by_cell)


@dataclass
class Figures:
    """The best of several runs."""

    seconds: float = math.inf
    cpu: float = math.inf  # of all threads
    peak: float = 0.0  # megabytes
    number: int = 0  # of what came of it

    def add(self, seconds: float, cpu: float, peak: float, number: int) -> None:
        """One more run."""
        self.seconds, self.cpu = min(self.seconds, seconds), min(self.cpu, cpu)
        self.peak, self.number = max(self.peak, peak), number

    def __str__(self) -> str:
        return f"{self.seconds:7.2f} s  {self.cpu:7.2f} s of CPU  peak {self.peak:6.0f} MB  {self.number:,}"


def measured(work: Callable[[str], int], store: str) -> tuple[float, float, float, int]:
    """(seconds, CPU seconds, peak megabytes, its answer) of `work` in a fresh process.

    Its parent must be small: a peak is counted from that of the process it was started from.
    """
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(work, store, sending))
    process.start()
    sending.close()
    result: tuple[float, float, float, int] = receiving.recv()
    process.join()
    return result


def _child(work: Callable[[str], int], store: str, answer: Any) -> None:
    begun, cpu = time.perf_counter(), time.process_time()
    number = work(store)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    answer.send((time.perf_counter() - begun, time.process_time() - cpu, peak, number))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--folder", type=Path, help="where to work; default: a temporary folder")
    parser.add_argument("--runs", type=int, default=3, help="of each way; the best counts")
    parser.add_argument("--without-pandas", action="store_true", help="50 M rows need some 9 GB in pandas")
    given = parser.parse_args()
    ways = {"correlate's data pass": data_pass, "bare query": bare_query}
    if importlib.util.find_spec("pandas") and not given.without_pandas:
        ways["pandas"] = pandas_pass
    with TemporaryDirectory(dir=given.folder) as folder:
        store = str(Path(folder) / "store")
        imported = Figures()
        imported.add(*measured(partial(make, rows=given.rows), store))
        print(f"{'import':22} {imported} rows")
        best = {title: Figures() for title in ways}
        for _ in range(given.runs):
            for title, work in ways.items():
                best[title].add(*measured(work, store))
    own = best["correlate's data pass"]
    for title, figures in best.items():
        print(f"{title:22} {figures} votes")
        if figures is not own:
            times, cpu = figures.seconds / own.seconds, figures.cpu / own.cpu
            print(f"{'':22} {times:7.2f} times the data pass's time, {cpu:.2f} times its CPU time")


if __name__ == "__main__":
    main()
