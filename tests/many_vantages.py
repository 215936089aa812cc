"""A store in memory with many vantages, for tests of what the exporter makes of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from exporter.source import Arrivals, Round, Session, StoreState, VantageFacts
from measurements.records import ThrottleLine
from tests.rounds import Told, Who


@dataclass
class MemorySource:
    """Gives each batch once, in order; further calls give nothing new."""

    batches: list[Arrivals] = field(default_factory=list)
    known: dict[str, VantageFacts] = field(default_factory=dict)
    store: StoreState = field(default_factory=StoreState)
    own: bool = False

    def arrivals(self, since: datetime) -> Arrivals:
        return self.batches.pop(0) if self.batches else Arrivals()

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
