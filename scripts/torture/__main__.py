"""Nothing lost, nothing twice: uploads under faults, round after round.

Each round a volunteer's process stores some results and sends what waits, through a proxy that cuts, duplicates,
delays, replays and answers with errors of its own; volunteer and collector are killed with SIGKILL at random moments,
meet a full disk, or start with an old clock. A result counts as acknowledged once its identifier was written to a log
after the spool's commit returned. At the end everything that was acknowledged must be at the collector, each exactly
once, and nothing else.

    python scripts/torture [--rounds N] [--seed N]

Processes are forked, so that a round costs milliseconds. Loopback only.
"""

import argparse
import os
import random
import socket
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from chaos import run_chaos
from children import fork, kill
from ends import run_collector, run_volunteer

from collector.invites import new_invite
from collector.keys import load_or_make_keys
from collector.store import FILE, Store
from measurements.invite import Invite
from measurements.spool_file import connect
from measurements.state import StateFolder

# Long enough for a batch to go through on a busy machine, short enough to be hit in the middle of one.
LONGEST_LIFE = 0.25  # seconds
YEARS_AGO = timedelta(days=3 * 365)


@dataclass
class Tally:
    """What was done and found."""

    faults: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    collected: int = 0
    lost: set[str] = field(default_factory=set)
    twice: int = 0
    foreign: set[str] = field(default_factory=set)
    early: set[str] = field(default_factory=set)  # marked as sent on the device, and not at the collector

    @property
    def clean(self) -> bool:
        return not (self.lost or self.twice or self.foreign or self.early)


class Torture:
    """Two volunteers, one collector, one bad line between."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._chance = random.Random(seed)
        self._collected = folder / "collector"
        self._way = socket.create_server(("127.0.0.1", 0))
        # The listening socket outlives the collector, as under systemd's socket activation: a connection made while it
        # is down waits in the backlog instead of being refused.
        self._door = socket.create_server(("127.0.0.1", 0), backlog=512)
        url = f"http://127.0.0.1:{self._way.getsockname()[1]}"
        with Store(self._collected) as store:
            keys = load_or_make_keys(self._collected)
            invites = [new_invite(store, keys, [url], None, datetime.now(UTC), os.urandom) for _ in range(2)]
        self._volunteers = [(folder / f"volunteer-{number}", invite) for number, invite in enumerate(invites)]
        for place, _invite in self._volunteers:
            place.mkdir()
        port = self._door.getsockname()[1]
        self._chaos = fork(lambda: run_chaos(self._way, port, seed))
        self._collector: int | None = None
        self.tally = Tally()

    def close(self) -> None:
        for pid in (self._chaos, self._collector):
            if pid is not None:
                kill(pid)
        self._way.close()
        self._door.close()

    def round(self) -> None:
        """One round of faults; processes that live on meet the next round."""
        if self._collector is None:
            self._collector = self._start_collector(
                self._fault("collector: old clock", 0.3), self._fault("collector: full disk", 0.3)
            )
        place, invite = self._chance.choice(self._volunteers)
        late = YEARS_AGO if self._fault("volunteer: old clock", 0.1) else timedelta()
        full = self._fault("volunteer: full disk", 0.1)
        results = self._chance.randrange(1, 8)
        volunteer = self._start_volunteer(place, invite, results, late, full)
        life = self._chance.random() * LONGEST_LIFE
        if self._fault("volunteer: killed", 0.4):
            time.sleep(life)
            kill(volunteer)
            volunteer = 0
        if self._fault("collector: killed", 0.4):
            time.sleep(0 if not volunteer else life)
            kill(self._collector)
            self._collector = None
            if volunteer:  # what waits in the backlog gets an answer
                self._collector = self._start_collector(False, False)
        if volunteer:
            os.waitpid(volunteer, 0)
        self._look_for_early_marks()

    def finish(self) -> Tally:
        """A good day at last: all that waits is sent; then both sides are compared."""
        if self._collector is not None:
            kill(self._collector)
        self._collector = self._start_collector(False, False)
        for place, invite in self._volunteers:
            while self._waiting(place):
                os.waitpid(self._start_volunteer(place, invite, 0, timedelta(), full=False), 0)
        self._compare()
        return self.tally

    def _fault(self, name: str, share: float) -> bool:
        happens = self._chance.random() < share
        self.tally.faults[name] += happens
        return happens

    def _start_collector(self, old_clock: bool, full: bool) -> int:
        late = YEARS_AGO if old_clock else timedelta()
        return fork(lambda: run_collector(self._collected, self._door, late, full))

    def _start_volunteer(self, place: Path, invite: Invite, results: int, late: timedelta, full: bool) -> int:
        return fork(lambda: run_volunteer(place, invite, results, late, full))

    def _look_for_early_marks(self) -> None:
        marked: set[str] = set()
        for place, _invite in self._volunteers:
            marked |= _spooled(place, "SELECT id FROM observations WHERE uploaded IS NOT NULL")
        self.tally.early |= marked - self._stored()

    def _waiting(self, place: Path) -> set[str]:
        return _spooled(place, "SELECT id FROM observations WHERE uploaded IS NULL")

    def _stored(self) -> set[str]:
        path = self._collected / FILE
        return _ids(sqlite3.connect(path, timeout=30), "SELECT id FROM items") if path.exists() else set()

    def _compare(self) -> None:
        acknowledged: set[str] = set()
        measured: set[str] = set()
        for place, _invite in self._volunteers:
            log = place / "acknowledged.log"
            acknowledged |= set(log.read_text().split()) if log.exists() else set()
            measured |= _spooled(place, "SELECT id FROM observations")
        stored = self._stored()
        with closing(sqlite3.connect(self._collected / FILE)) as connection:
            rows = connection.execute("SELECT count(*) FROM items").fetchone()[0]
        self.tally.acknowledged = len(acknowledged)
        self.tally.collected = len(stored)
        self.tally.lost = acknowledged - stored
        # A kill between the commit and the log leaves a result that is safe and was never acknowledged.
        self.tally.foreign = stored - measured
        self.tally.twice = rows - len(stored)


def _spooled(place: Path, statement: str) -> set[str]:
    spool = StateFolder(place).spool
    return _ids(connect(spool), statement) if spool.exists() else set()


def _ids(connection: sqlite3.Connection, statement: str) -> set[str]:
    with closing(connection):
        if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,):
            return set()  # killed before its first commit: no table yet
        return {row[0] for row in connection.execute(statement)}


def torture(rounds: int, seed: int, progress: Callable[[int, Tally], None]) -> Tally:
    """Run so many rounds, telling `progress` of each; the tally says what was found."""
    with TemporaryDirectory() as folder:
        running = Torture(Path(folder), seed)
        try:
            for number in range(1, rounds + 1):
                running.round()
                progress(number, running.tally)
            return running.finish()
        finally:
            running.close()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"{options.rounds} rounds, seed {options.seed}", flush=True)
    began = time.monotonic()

    def progress(number: int, tally: Tally) -> None:
        if number % 100 == 0:
            print(f"  {number} rounds, {time.monotonic() - began:.0f} s", flush=True)

    tally = torture(options.rounds, options.seed, progress)
    for name, number in sorted(tally.faults.items()):
        print(f"  {number:5}  {name}")
    print(
        f"acknowledged {tally.acknowledged}, at the collector {tally.collected} (more: killed before the log)"
    )
    wrong = {"lost": tally.lost, "foreign": tally.foreign, "marked too early": tally.early}
    print(f"twice {tally.twice}, " + ", ".join(f"{name} {len(ids)}" for name, ids in wrong.items()))
    return 0 if tally.clean else 1


if __name__ == "__main__":
    sys.exit(main())
