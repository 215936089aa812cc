"""How many results a second one collector process stores, from 500 vantages at once, with a hostile one beside them.

Each vantage has an invite, an address of loopback and batches of its own. Prints results per second and per second of
the collector's CPU, the 99th percentile of a batch's answer time, the collector's memory, and what was lost.
"""

import argparse
import asyncio
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import msgspec

from collector.invites import new_invite
from collector.keys import load_or_make_keys
from collector.store import Store
from measurements.batch import Answer, Item
from measurements.ids import uuid7
from measurements.invite import Invite
from measurements.records import HttpFacts, Observation, Phases, TlsFacts
from vantage.upload.batching import Sealer
from vantage.upload.client import PATH


def result(number: int, vantage: str) -> Observation:
    """About as large as a real HTTP observation."""
    return Observation(
        id=uuid7(time.time(), os.urandom),
        run_id=f"run-{number // 50}",
        vantage=vantage,
        time=datetime.now(UTC),
        platform="youtube",
        endpoint="web",
        role="target",
        probe="http",
        host="www.youtube.com",
        address="142.250.74.46",
        family=4,
        port=443,
        resolver="system",
        sni="www.youtube.com",
        phases=Phases(resolve=0.012, connect=0.041, tls=0.083, first_byte=0.055, transfer=0.002),
        tls=TlsFacts(
            version="TLSv1.3", chain_sha256=("ab" * 32,) * 3, issuer="CN=WR2,O=Google Trust Services,C=US"
        ),
        http=HttpFacts(version="1.1", status=204, length=0, headers=(("server", "gws"), ("date", "now"))),
        bytes_sent=812,
        bytes_received=5307,
    )


class Vantage:
    """Sends its batches one after the other from an address of its own."""

    def __init__(self, number: int, invite: Invite, url: str, batches: int, size: int) -> None:
        self.name = f"{number:032x}"
        self._address = f"127.{1 + number // 65_000}.{number // 250 % 250 + 1}.{number % 250 + 1}"
        self._url = url
        sealer = Sealer(invite, self.name, time.time, os.urandom)
        rows = [[result(each, self.name) for each in range(size)] for _ in range(batches)]
        self.ids = {row.id for batch in rows for row in batch}
        self._sealed = [sealer.results([_item(row) for row in batch]) for batch in rows]
        self.accepted: set[str] = set()
        self.seconds: list[float] = []

    async def send(self, start: asyncio.Event) -> None:
        connector = aiohttp.TCPConnector(local_addr=(self._address, 0), limit=1)
        async with aiohttp.ClientSession(connector=connector) as session:
            await start.wait()
            for sealed in self._sealed:
                # A busy collector is asked again, as a device does.
                while not await self._offer(session, sealed):  # noqa: ASYNC110 - no event tells when it has room
                    await asyncio.sleep(0.5)

    async def _offer(self, session: aiohttp.ClientSession, sealed: bytes) -> bool:
        began = time.perf_counter()
        async with session.post(self._url + PATH, data=sealed) as response:
            body = await response.read()
        self.seconds.append(time.perf_counter() - began)
        if response.status != 200:
            return False
        answer = msgspec.json.decode(body, type=Answer)
        self.accepted |= {item.id for item in answer.items if item.status != "rejected"}
        return True


def _item(row: Observation) -> Item:
    record = msgspec.Raw(msgspec.json.encode(row))
    return Item(
        kind="observation", id=row.id, time=row.time, run_id=row.run_id, vantage=row.vantage, record=record
    )


async def hostile(url: str, invite: Invite) -> None:
    """Until cancelled: nonsense of 4 MB, connections that dribble, and a bomb inside a good seal."""
    import zstandard

    from measurements.sealing import key_from_text, seal

    bomb = seal(zstandard.compress(bytes(60_000_000)), invite.token, key_from_text(invite.key))
    port = int(url.rpartition(":")[2])
    slow = []
    for _ in range(200):
        sock = socket.create_connection(("127.0.0.1", port), source_address=("127.200.0.1", 0))
        sock.sendall(b"POST /v1/batches HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\nEFIR")
        slow.append(sock)
    try:
        connector = aiohttp.TCPConnector(local_addr=("127.200.0.2", 0))
        async with aiohttp.ClientSession(connector=connector) as session:
            while True:
                for data in (bytes(900_000), bomb):
                    async with session.post(url + PATH, data=data) as response:
                        await response.read()
                await asyncio.sleep(0.02)
    finally:
        for sock in slow:
            sock.close()


async def load(url: str, vantages: list[Vantage], enemy: Invite | None) -> float:
    """Seconds from the first batch to the last answer."""
    start = asyncio.Event()
    tasks = [asyncio.create_task(each.send(start)) for each in vantages]
    against = asyncio.create_task(hostile(url, enemy)) if enemy else None
    await asyncio.sleep(0.5)
    began = time.perf_counter()
    start.set()
    await asyncio.gather(*tasks)
    took = time.perf_counter() - began
    if against is not None:
        against.cancel()
    return took


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def waited_seconds(pid: int) -> float:
    """How long its threads, taken together, were ready and had no processor: what other programs took."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((each / "schedstat").read_text().split()[1]) for each in tasks) / 1e9


def peak_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def measure(number: int, batches: int, size: int, with_enemy: bool) -> bool:
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (4096, max(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    )
    with TemporaryDirectory() as name:
        folder = Path(name)
        arguments = ["collect", "--store", name, "--listen", "127.0.0.1:0", "--json"]
        process = subprocess.Popen(
            [sys.executable, "-m", "efir", *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout
        url = "http://127.0.0.1:{}".format(json.loads(process.stdout.readline())["listen"][1])
        with Store(folder) as store:
            keys = load_or_make_keys(folder)
            invites = [
                new_invite(store, keys, [url], None, datetime.now(UTC), os.urandom) for _ in range(number + 1)
            ]
        vantages = [Vantage(each, invites[each], url, batches, size) for each in range(number)]
        before = cpu_seconds(process.pid)
        took = asyncio.run(load(url, vantages, invites[-1] if with_enemy else None))
        cpu = cpu_seconds(process.pid) - before
        memory, waited = peak_megabytes(process.pid), waited_seconds(process.pid)
        process.send_signal(signal.SIGTERM)
        process.wait()
        with Store(folder) as store:
            stored = {row[0] for row in store.rows("SELECT id FROM items")}
        sent = set().union(*(each.ids for each in vantages))
        lost = len(sent - stored)
        unknown = len(sent - set().union(*(each.accepted for each in vantages)))
        answers = sorted(second for each in vantages for second in each.seconds)
    enemy = "a hostile client beside them" if with_enemy else "nobody else"
    print(f"{number} vantages x {batches} batches x {size} results, {enemy}:")
    print(f"  {len(sent) / took:,.0f} results/s, {len(sent) / cpu:,.0f} a second of the collector's CPU")
    print(f"  it had {cpu:.1f} s of a processor, and its threads waited {waited:.1f} s for one")
    median, slowest = answers[len(answers) // 2], answers[int(len(answers) * 0.99)]
    print(f"  answer to a batch: median {median:.2f} s, 99 % {slowest:.2f} s")
    print(f"  memory {memory:.0f} MB at most; lost {lost}, unacknowledged {unknown}")
    return lost == 0 and unknown == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vantages", type=int, default=500)
    parser.add_argument("--batches", type=int, default=4)
    parser.add_argument("--size", type=int, default=50)
    options = parser.parse_args()
    good = [measure(options.vantages, options.batches, options.size, enemy) for enemy in (False, True)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
