"""How fast correlate gets its votes out of a store: its data pass, the bare query, and pandas doing the same.

    python scripts/bench/window_join.py [--rows 5000000] [--folder DIR]

Makes flows in pairs (7 platforms, 6 networks, 200 vantages, 120 days), imports them, and measures each way in a process
of its own, so that the peak of memory is its own too. pandas is measured where it is installed; Efir does not need it.
"""

import argparse
import importlib.util
import multiprocessing
import resource
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from analysis.data import open_data
from analysis.parquet_store import open_writer
from analysis.tables import FLAT
from analysis.votes import goodput_query, load_votes

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
BIN = 1800  # seconds


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
    data = open_data(store)
    return sum(len(votes.time) for votes in load_votes(data, "goodput"))


def bare_query(store: str) -> int:
    """The same join and medians, and nothing else."""
    data = open_data(store)
    return int(data.query(goodput_query(data.sql)).num_rows)


def pandas_pass(store: str) -> int:
    """The same join and medians in pandas."""
    import numpy as np
    import pandas as pd

    columns = ["time", "vantage", "asn", "platform", "role", "pair", "failure", "goodput_bytes_per_second"]
    frame = pd.concat(pd.read_parquet(file, columns=columns) for file in FLAT.files(Path(store)))
    good = frame["failure"].isna()
    frame["speed"] = np.where(good, np.log(frame["goodput_bytes_per_second"]), np.nan)
    target, control = frame[frame["role"] == "target"], frame[(frame["role"] == "control") & good]
    pairs = target.merge(
        control[["vantage", "pair", "speed"]], on=["vantage", "pair"], suffixes=("", "_control")
    )
    pairs["d"] = pairs["speed"] - pairs["speed_control"]
    pairs["d"] = pairs["d"].fillna(pairs.groupby(["platform", "asn"])["d"].transform("min"))
    pairs["bin"] = pairs["time"].astype("int64") // (BIN * 1_000_000)
    return len(pairs.groupby(["platform", "asn", "vantage", "bin"], observed=True)["d"].median())


def measured(work: Callable[[str], int], store: str) -> tuple[float, float, int]:
    """(seconds, peak megabytes, votes) of `work` in a fresh process; the best of three runs there."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(work, store, sending))
    process.start()
    sending.close()
    result: tuple[float, float, int] = receiving.recv()
    process.join()
    return result


def _child(work: Callable[[str], int], store: str, answer: Any) -> None:
    best, votes = float("inf"), 0
    for _ in range(3):
        begun = time.perf_counter()
        votes = work(store)
        best = min(best, time.perf_counter() - begun)
    answer.send((best, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000, votes))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--folder", type=Path, help="where to work; default: a temporary folder")
    given = parser.parse_args()
    ways = {"correlate's data pass": data_pass, "bare query": bare_query}
    if importlib.util.find_spec("pandas"):
        ways["pandas"] = pandas_pass
    with TemporaryDirectory(dir=given.folder) as folder:
        store = Path(folder) / "store"
        print(f"{given.rows:,} rows imported in {make(store, given.rows):.1f} s")
        for title, work in ways.items():
            seconds, peak, votes = measured(work, str(store))
            print(f"{title:22} {seconds:7.2f} s  peak {peak:6.0f} MB  {votes:,} votes")


if __name__ == "__main__":
    main()
