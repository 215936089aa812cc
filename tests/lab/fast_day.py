"""A volunteer's day in a minute: the loop of `efir run` itself, whose clock is turned on by its own waiting.

A program for the inside of the lab: `python -m tests.lab.fast_day FOLDER TARGETS CA_FILE HOURS [--keep-nothing]`. It
prints a JSON object: `jumps`, pairs of Unix seconds and of the seconds of its own day that had gone by then; `waiting`,
the number of results not sent; `written`, the regular files that it has open for writing, standard streams apart.
"""

import asyncio
import json
import os
import random
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fcntl import F_GETFL, fcntl
from pathlib import Path
from unittest.mock import patch

from efir.cycle import Showing, Surroundings, make_cycle
from efir.measuring import make_context, measured_targets
from efir.options import Shared
from efir.output import Output
from measurements.database import IN_MEMORY
from measurements.state import StateFolder
from measurements.store import Spool
from probes.base import Context
from vantage.consent import require_consent, withdraw

# Looks at the clock are five seconds apart; a day of them would be spent in looking.
HASTE = 12
# Seconds that a second, racing answer to a question is waited for; a day asks hundreds, one after another.
LATE_ANSWERS = 0.02
SILENT = Showing(
    measured=lambda found: None,
    throttled=lambda found: None,
    sentinels=lambda ratios: None,
    text=lambda text: None,
)


class FastClock:
    """A local clock that begins at midnight, runs with the real one, and jumps over all waiting."""

    def __init__(self, folder: StateFolder, hours: float) -> None:
        self._folder, self._length = folder, timedelta(hours=hours)
        self._midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self._started, self._skipped = time.monotonic(), timedelta()
        self.jumps = [(time.time(), 0.0)]

    def local_now(self) -> datetime:
        return self._midnight + self._skipped + timedelta(seconds=time.monotonic() - self._started)

    async def sleep(self, seconds: float) -> None:
        self._skipped += timedelta(seconds=HASTE * max(seconds, 1.0))
        self.jumps.append((time.time(), (self.local_now() - self._midnight).total_seconds()))
        if self.local_now() >= self._midnight + self._length:
            withdraw(self._folder)
        await asyncio.sleep(0)


def hasty_context(shared: Shared) -> Context:
    context = make_context(shared)
    return replace(context, deadlines=replace(context.deadlines, late_answers=LATE_ANSWERS))


def written() -> list[str]:
    """Regular files that this process has open for writing."""
    found = []
    for number in os.listdir("/proc/self/fd"):
        path = Path("/proc/self/fd", number)
        if int(number) > 2 and path.is_file() and fcntl(int(number), F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
            found.append(str(path.readlink()))
    return found


def main(folder: Path, targets: Path, ca_file: Path, hours: str, *options: str) -> None:
    shared, state = Shared(targets, folder, ca_file, Output(quiet=True)), StateFolder(folder)
    clock = FastClock(state, float(hours))
    around = Surroundings(clock.local_now, clock.sleep, lambda: None, random.Random())
    with Spool(IN_MEMORY if "--keep-nothing" in options else state.spool) as spool:
        consent, todo = require_consent(state), measured_targets(shared)
        cycle = make_cycle(shared, todo, spool, consent, SILENT, metered="yes", around=around)
        with (
            patch("efir.measuring.make_context", hasty_context),
            patch("efir.cycle.make_context", hasty_context),
        ):
            asyncio.run(cycle.run())
        said = {"jumps": clock.jumps, "waiting": spool.counts()["waiting"], "written": written()}
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    folder, targets, ca_file, *rest = sys.argv[1:]
    main(Path(folder), Path(targets), Path(ca_file), *rest)
