"""A store in memory with many vantages, for tests of what the exporter makes of it."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from msgspec.structs import replace

from exporter.maker import Maker
from exporter.reading import Reader
from exporter.source import Arrivals, Past, Round, Session, StoreState, VantageFacts
from measurements.records import Observation, ThrottleLine, VerdictLine
from measurements.targets import Targets
from measurements.targets_file import load_targets
from tests.rounds import Told, Who, one_round, one_session


@dataclass
class MemorySource:
    """Gives each batch once, in order; further calls give nothing new."""

    batches: list[Arrivals] = field(default_factory=list)
    known: dict[str, VantageFacts] = field(default_factory=dict)
    store: StoreState = field(default_factory=StoreState)
    own: bool = False
    older: list[Past] = field(default_factory=list)

    def arrivals(self, since: datetime, lately: datetime) -> Arrivals:
        return self.batches.pop(0) if self.batches else Arrivals()

    def past(self) -> Past | None:
        return self.older.pop(0) if self.older else None

    def facts(self) -> Mapping[str, VantageFacts]:
        return self.known

    def state(self) -> StoreState:
        return self.store

    def close(self) -> None:
        return None


def batch(rounds: Iterable[Told], sessions: Iterable[tuple[Who, datetime, ThrottleLine]] = ()) -> Arrivals:
    """One upload of all these."""
    told = list(rounds)
    return Arrivals(
        [row for each in told for row in each.observations],
        [line for each in told for line in each.verdicts],
        [Round(each.time, each.summary) for each in told],
        [Session(time, None, line, who.name) for who, time, line in sessions],
    )


def crowd(targets: Targets, size: int, networks: int, time: datetime) -> Arrivals:
    """A fresh round and a session on every platform from `size` vantages, spread over `networks` networks.

    One vantage measured for all: its records are relabelled, which is a hundred times faster than judging each round.
    """
    who = Who("model")
    told = one_round(targets, who, time)
    sessions = {name: one_session(who, name, time, 0.5, pairs=1) for name in targets.platforms}
    flows = [row for rows, _line, _run in sessions.values() for row in rows]
    observations: list[Observation] = []
    verdicts: list[VerdictLine] = []
    rounds: list[Round] = []
    held: list[Session] = []
    for number in range(size):
        name, asn, run = f"{number:032x}", 60_000 + number % networks, f"run-{number}"
        observations += [replace(row, vantage=name, asn=asn, run_id=run) for row in told.observations]
        for row in flows:
            transfer = replace(row.transfer, pair=f"{number}-{row.transfer.pair}") if row.transfer else None
            observations.append(replace(row, vantage=name, asn=asn, transfer=transfer))
        verdicts += [replace(line, vantage=name, asn=asn, run_id=run) for line in told.verdicts]
        rounds.append(Round(time, replace(told.summary, run_id=run)))
        held += [Session(time, None, line, name) for _rows, line, _run in sessions.values()]
    return Arrivals(observations, verdicts, rounds, held)


@dataclass
class Crowds(MemorySource):
    """The whole crowd at the first look, then at each look twenty of them with another round."""

    size: int = 500
    networks: int = 40
    begun: bool = False

    def arrivals(self, since: datetime, lately: datetime) -> Arrivals:
        size, self.begun = (20 if self.begun else self.size), True
        return crowd(load_targets(None), size, self.networks, datetime.now(UTC))


def crowded_maker(size: int, networks: int, deaths: int) -> Maker:
    """A maker over `Crowds`, with all pages for everybody."""
    names = {name: each.name for name, each in load_targets(None).platforms.items()}
    source = Crowds(own=True, size=size, networks=networks)
    reader = Reader(source, platforms=names, utc=lambda: datetime.now(UTC), monotonic=time.monotonic)
    return Maker(reader)
