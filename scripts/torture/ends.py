"""The two ends: a collector, and a volunteer who measures and sends. Each may meet a full disk or an old clock."""

import asyncio
import os
import random
import resource
import socket
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web

from collector.keys import load_or_make_keys
from collector.limits import Limits
from collector.service import Service
from collector.store import FILE, Store
from measurements.ids import uuid7
from measurements.invite import Invite
from measurements.records import Observation
from measurements.state import StateFolder
from measurements.store import Spool
from vantage.upload.batching import Sealer
from vantage.upload.client import Sender
from vantage.upload.sending import send_all

# One address sends thousands of batches here; the allowances have tests of their own.
LIMITS = Limits(network_burst=10**9, vantage_burst=10**9)
# A file that may not grow beyond this more is a full disk to SQLite.
SMALL_ROOM = 65_536  # bytes


def fill_disk(path: Path) -> None:
    """No file may grow beyond the present size of this one by more than a little."""
    size = path.stat().st_size if path.exists() else 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + SMALL_ROOM, size + SMALL_ROOM))


def run_collector(folder: Path, listening: socket.socket, late: timedelta, full: bool) -> None:
    """Serve until killed; `late`: how far its clock is behind."""
    if full:
        fill_disk(folder / FILE)

    async def serve() -> None:
        with Store(folder) as store:
            service = Service(
                store,
                load_or_make_keys(folder),
                os.urandom(32),
                limits=LIMITS,
                utc=lambda: datetime.now(UTC) - late,
            )
            runner = web.AppRunner(service.application(), access_log=None)
            await runner.setup()
            await web.SockSite(runner, listening).start()
            await asyncio.Event().wait()

    asyncio.run(serve())


def measure(spool: Spool, log: Path, number: int, late: timedelta) -> None:
    """Store results one by one, each in the log once it is safe."""
    with log.open("a") as acknowledged:
        for _ in range(number):
            now = datetime.now(UTC) - late
            row = Observation(
                id=uuid7(now.timestamp(), os.urandom),
                run_id="r",
                vantage="ab" * 16,
                time=now,
                platform="youtube",
                endpoint="web",
                role="target",
                probe="tcp",
            )
            spool.add([row])
            os.write(acknowledged.fileno(), f"{row.id}\n".encode())


def run_volunteer(folder: Path, invite: Invite, results: int, late: timedelta, full: bool) -> None:
    """Measure, then send what waits."""
    state = StateFolder(folder)
    if full:
        fill_disk(state.spool)
    with Spool(state.spool) as spool:
        measure(spool, folder / "acknowledged.log", results, late)

        def clock() -> float:
            return time.time() - late.total_seconds()

        async def send() -> None:
            async with Sender(invite, random.random) as sender:
                await send_all(spool, Sealer(invite, "ab" * 16, clock, os.urandom), sender, clock)

        asyncio.run(send())
