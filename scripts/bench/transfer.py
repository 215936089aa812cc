"""Goodput ceiling of the transfer probe beside curl's: the same object, from the same helper, in turn.

The helper runs in a process of its own, as it does in life. Ends 1 where the probe has less than 0.8 of curl's rate:
then a fast line would be measured as slower than it is.
"""

import asyncio
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from statistics import median

from helper.limits import Limits
from lab.loopback import running_helper
from measurements.targets import Endpoint
from probes.base import Context, Target, Vantage
from probes.roots import Roots, bundled
from probes.transfer import Flow, probe

OBJECT = 128 * 1024 * 1024  # bytes: some 200 ms at the ceiling, long beside the handshake
ROUNDS = 7
NEEDED = 0.8


def _serve(pipe: Connection) -> None:
    with running_helper(limits=Limits(largest_object=OBJECT, bytes_per_client=100 * OBJECT)) as helper:
        pipe.send((helper.port, helper.sha256))
        pipe.recv()


@contextmanager
def helper_process() -> Iterator[tuple[int, str]]:
    """Port and pin of a helper in another process."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send(None)
        process.join()


def by_curl(port: int) -> float:
    """Bytes per second of curl, from the first byte to the last."""
    url = f"https://127.0.0.1:{port}/bytes/{OBJECT}"
    times = '{"from": %{time_starttransfer}, "to": %{time_total}}'
    command = [
        "curl",
        "--silent",
        "--insecure",
        "--http1.1",
        "--output",
        os.devnull,
        "--write-out",
        times,
        url,
    ]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return float(OBJECT / (told["to"] - told["from"]))


def by_probe(port: int, pin: str) -> float:
    """Bytes per second of the probe, from the first byte to the last."""
    endpoint = Endpoint(id="bench", probes=("http",), url=f"https://bench.example/bytes/{OBJECT}", port=port)
    target = Target("bench", "target", endpoint, address="127.0.0.1")
    flow = Flow(target=target, cap_bytes=OBJECT, cap_seconds=60, pin=pin)
    found = asyncio.run(probe(flow, Context("bench", Vantage("bench"), Roots(bundled()))))
    if found.failure or found.transfer is None or not found.transfer.complete:
        raise SystemExit(f"the probe failed: {found.stage} {found.failure}")
    return OBJECT / found.transfer.times[-1]


def main() -> int:
    if shutil.which("curl") is None:
        print("transfer: curl is not installed, so there is nothing to compare with (Debian: curl)")
        return 1
    with helper_process() as (port, pin):
        pairs = [(by_curl(port), by_probe(port, pin)) for _ in range(ROUNDS)]
    curl, ours = (median(values) for values in zip(*pairs, strict=True))
    share = median(own / theirs for theirs, own in pairs)
    print(f"transfer: curl {curl * 8 / 1e9:.2f} Gbit/s, probe {ours * 8 / 1e9:.2f} Gbit/s, share {share:.2f}")
    return 0 if share >= NEEDED else 1


if __name__ == "__main__":
    sys.exit(main())
