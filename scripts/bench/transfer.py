"""Goodput ceiling of the transfer probe beside curl's: the same object, from the same helper, in turn.

The helper runs in a process of its own, as it does in life. Ends 1 where the probe has less than 0.8 of curl's rate:
then a fast line would be measured as slower than it is. QUIC's ceiling is shown beside it: both its ends are Python's,
so it is no gauge of fast lines, and only compared with itself.
"""

import asyncio
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from statistics import median

from helper.limits import Limits
from lab.loopback import running_helper
from measurements.records import Observation
from measurements.targets import Endpoint
from probes import transfer, transfer_quic
from probes.base import Context, Target, Vantage
from probes.flow import Flow
from probes.roots import Roots, bundled

Probe = Callable[[Flow, Context], Awaitable[Observation]]
OBJECT = 128 * 1024 * 1024  # bytes: some 200 ms at the ceiling, long beside the handshake
QUIC_OBJECT = 8 * 1024 * 1024  # bytes: half a second
ROUNDS = 7
QUIC_ROUNDS = 3
NEEDED = 0.8


def _serve(pipe: Connection) -> None:
    limits = Limits(largest_object=OBJECT, bytes_per_client=100 * OBJECT)
    with running_helper(limits=limits, quic=True) as helper:
        pipe.send((helper.port, helper.quic_port, helper.sha256))
        pipe.recv()


@contextmanager
def helper_process() -> Iterator[tuple[int, int, str]]:
    """TCP port, QUIC port and pin of a helper in another process."""
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


def by_probe(probe: Probe, port: int, pin: str, size: int) -> float:
    """Bytes per second of a transfer probe, from the first byte to the last."""
    endpoint = Endpoint(id="bench", probes=("http",), url=f"https://bench.example/bytes/{size}", port=port)
    target = Target("bench", "target", endpoint, address="127.0.0.1")
    flow = Flow(target=target, cap_bytes=size, cap_seconds=60, pin=pin)
    found = asyncio.run(probe(flow, Context("bench", Vantage("bench"), Roots(bundled()))))
    if found.failure or found.transfer is None or not found.transfer.complete:
        raise SystemExit(f"the probe failed: {found.stage} {found.failure}")
    return size / found.transfer.times[-1]


def main() -> int:
    if shutil.which("curl") is None:
        print("transfer: curl is not installed, so there is nothing to compare with (Debian: curl)")
        return 1
    with helper_process() as (port, quic_port, pin):
        pairs = [(by_curl(port), by_probe(transfer.probe, port, pin, OBJECT)) for _ in range(ROUNDS)]
        quic = [by_probe(transfer_quic.probe, quic_port, pin, QUIC_OBJECT) for _ in range(QUIC_ROUNDS)]
    curl, ours = (median(values) for values in zip(*pairs, strict=True))
    share = median(own / theirs for theirs, own in pairs)
    print(f"transfer: curl {curl * 8 / 1e9:.2f} Gbit/s, probe {ours * 8 / 1e9:.2f} Gbit/s, share {share:.2f}")
    print(f"transfer over QUIC: probe {median(quic) * 8 / 1e6:.0f} Mbit/s")
    return 0 if share >= NEEDED else 1


if __name__ == "__main__":
    sys.exit(main())
