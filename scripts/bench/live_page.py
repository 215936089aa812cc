"""The live page over 30 days of 500 vantages on 7 platforms: reading the past in pieces, boards, memory."""

import resource
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from exporter.asking import BoardWanted
from exporter.board.words import LANGUAGES
from exporter.maker import Maker
from exporter.reading import Reader
from exporter.source import Arrivals, Past, StoreState, VantageFacts
from measurements.records import VerdictLine
from measurements.targets_file import load_targets

VANTAGES = 500
NETWORKS = 40
HOURS = 30 * 24
NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
PLATFORMS = {name: each.name for name, each in load_targets(None).platforms.items()}
LATER = 20  # vantages that upload before the second board


class Month:
    """A store in which every vantage said something of every platform in every hour; some of them slow evenings."""

    own = False

    def __init__(self) -> None:
        self.given = 0
        self.calls = 0

    def arrivals(self, since: datetime, lately: datetime) -> Arrivals:
        self.calls += 1
        return Arrivals(verdicts=said(0, VANTAGES if self.calls == 1 else LATER))

    def past(self) -> Past | None:
        self.given += 1
        if self.given >= HOURS:
            return None
        return Past(Arrivals(verdicts=said(self.given, VANTAGES)), NOW - timedelta(hours=self.given))

    def facts(self) -> Mapping[str, VantageFacts]:
        return {}

    def state(self) -> StoreState:
        return StoreState()

    def close(self) -> None:
        return None


def said(hours_ago: int, vantages: int) -> list[VerdictLine]:
    slow = hours_ago % 24 < 4
    return [
        VerdictLine(
            platform=platform,
            verdict="throttled" if slow and platform == "youtube" else "accessible",
            stage=None,
            rule="r",
            rules_version="1",
            reason="",
            vantage=f"{number:032x}",
            asn=60_000 + number % NETWORKS,
            country="KZ",
            time=NOW - timedelta(hours=hours_ago),
        )
        for number in range(vantages)
        for platform in PLATFORMS
    ]


def main() -> None:
    reader = Reader(Month(), platforms=PLATFORMS, utc=lambda: NOW, monotonic=time.monotonic)
    maker = Maker(reader)
    pieces = []
    more = True
    while more:
        started = time.process_time()
        more = maker.read_on()
        pieces.append(time.process_time() - started)
    boards = []
    everything = frozenset(BoardWanted(form, gzip=True) for form in ("state", *LANGUAGES))
    for wanted in (frozenset({BoardWanted("en", gzip=True)}),) * 2 + (everything,):
        started = time.process_time()
        maker.board(wanted)
        boards.append(time.process_time() - started)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"live page: {VANTAGES} vantages, {HOURS} hours, {VANTAGES * HOURS * len(PLATFORMS):,} verdicts")
    print(
        f"live page: past taken in within {sum(pieces):.0f} s of processor time, longest piece {max(pieces):.2f} s"
    )
    print(
        f"live page: first page {boards[0]:.2f} s, the next {boards[1]:.2f} s, "
        f"in all languages and as data {boards[2]:.2f} s"
    )
    print(f"live page: {memory} MiB at most")


if __name__ == "__main__":
    main()
