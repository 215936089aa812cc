"""How fast correlate gets its votes out of a store: its data pass, the bare query, and pandas doing the same.

    python scripts/bench/window_join.py [--rows 5000000] [--folder DIR] [--without-pandas]

Makes flows in pairs (7 platforms, 6 networks, 200 vantages, 120 days), imports them, and measures each way in a process
of its own, so that the peak of memory is its own too; the ways take turns, so that other work on the machine hits all
alike. The bare query is the join and the medians in one statement of DuckDB, with nothing chosen, filled in or split
into cells. pandas does what the data pass does; it is measured where it is installed, Efir does not need it.
"""

import argparse
import importlib.util
import math
import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
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
RUNS = 3  # of each way


def make(store: Path, rows: int) -> float:
    """Fill the store; gives the seconds that the import took."""
    begun = time.perf_counter()
    pairs = rows // 2
    with open_writer(store) as writer:
        stage = writer.stage(FLAT)
        stage.add_query(MAKE.format(pairs=pairs, step=DAYS * 86_400_000_000 // pairs))
        stage.commit()
    return time.perf_counter() - begun


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
    query = BARE.format(store=store, bin=BIN_SECONDS * 1_000_000, hour=3_600_000_000)
    return int(connect().sql(query).to_arrow_table().num_rows)


def pandas_pass(store: str) -> int:
    """What the data pass does, in pandas: pairs, the arm of each vantage, failed targets filled in, medians, cells."""
    import numpy as np
    import pandas as pd

    columns = ["time", "vantage", "asn", "platform", "role", "pair", "arm", "failure", "seconds", "bytes"]
    frame = pd.read_parquet(
        store, columns=[*columns, "goodput_bytes_per_second"], filters=[("probe", "==", "transfer")]
    )
    speed = frame["goodput_bytes_per_second"].fillna(frame["bytes"] / frame["seconds"])
    frame["speed"] = np.log(speed.where(frame["failure"].isna() & (speed > 0)))
    target = frame.loc[frame["role"] == "target", ["platform", "asn", "vantage", "pair", "time", "speed"]]
    control = frame.loc[
        (frame["role"] == "control") & frame["speed"].notna(), ["vantage", "pair", "arm", "time", "speed"]
    ]
    pairs = target.merge(control, on=["vantage", "pair"], suffixes=("", "_control"))
    pairs = pairs[(pairs["time"] - pairs["time_control"]).abs() <= pd.Timedelta(hours=1)]
    pairs["d"] = pairs["speed"] - pairs["speed_control"]
    line = ["platform", "asn", "vantage"]
    arms = pairs.groupby([*line, "arm"], dropna=False).size().reset_index(name="pairs")
    own = arms.sort_values("pairs", ascending=False).drop_duplicates(line).drop(columns="pairs")
    kept = pairs.merge(own, on=[*line, "arm"])
    kept["failed"] = kept["d"].isna()
    kept["d"] = kept["d"].fillna(kept.groupby(["platform", "asn"])["d"].transform("min"))
    kept["bin"] = kept["time"].dt.floor(f"{BIN_SECONDS}s")
    votes = kept.groupby([*line, "bin"], dropna=False).agg(
        time=("time", "mean"), value=("d", "median"), failed=("failed", "mean")
    )
    by_cell = votes.reset_index().sort_values("time").groupby(["platform", "asn"], dropna=False)
    return sum(len(cell) for _, cell in by_cell)


@dataclass
class Figures:
    """The best of several runs."""

    seconds: float = math.inf
    cpu: float = math.inf  # of all threads
    peak: float = 0.0  # megabytes
    votes: int = 0

    def add(self, seconds: float, cpu: float, peak: float, votes: int) -> None:
        """One more run."""
        self.seconds, self.cpu = min(self.seconds, seconds), min(self.cpu, cpu)
        self.peak, self.votes = max(self.peak, peak), votes

    def __str__(self) -> str:
        return (
            f"{self.seconds:7.2f} s  {self.cpu:7.2f} s of CPU  peak {self.peak:6.0f} MB  {self.votes:,} votes"
        )


def measured(work: Callable[[str], int], store: str) -> tuple[float, float, float, int]:
    """(seconds, CPU seconds, peak megabytes, votes) of `work` in a fresh process."""
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
    votes = work(store)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    answer.send((time.perf_counter() - begun, time.process_time() - cpu, peak, votes))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--folder", type=Path, help="where to work; default: a temporary folder")
    parser.add_argument("--without-pandas", action="store_true", help="50 M rows need some 20 GB in pandas")
    given = parser.parse_args()
    ways = {"correlate's data pass": data_pass, "bare query": bare_query}
    if importlib.util.find_spec("pandas") and not given.without_pandas:
        ways["pandas"] = pandas_pass
    with TemporaryDirectory(dir=given.folder) as folder:
        store = Path(folder) / "store"
        print(f"{given.rows:,} rows imported in {make(store, given.rows):.1f} s")
        best = {title: Figures() for title in ways}
        for _ in range(RUNS):
            for title, work in ways.items():
                best[title].add(*measured(work, str(store)))
        for title, figures in best.items():
            print(f"{title:22} {figures}")


if __name__ == "__main__":
    main()
