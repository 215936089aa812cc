"""What was last heard of a vantage, fresh or not: where it is, its newest round, verdicts, sessions and pairs."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime

from exporter.pairs import PairSeen
from exporter.round_facts import RoundFacts
from exporter.source import Session
from exporter.words import UNKNOWN, country
from measurements.records import VerdictLine


@dataclass(frozen=True)
class Place:
    """Where a vantage is, as far as known."""

    asn: int | None = None
    country: str | None = None
    access: str | None = None

    @property
    def labels(self) -> tuple[str, str]:
        """Values of the labels `asn` and `country`."""
        return (str(self.asn) if self.asn is not None else UNKNOWN, country(self.country))

    def or_else(self, older: "Place") -> "Place":
        """This place, with what an older one of the same vantage knew more."""
        return Place(
            older.asn if self.asn is None else self.asn,
            self.country or older.country,
            self.access or older.access,
        )


@dataclass
class Known:
    """Of one vantage, as last heard."""

    place: Place
    last: datetime
    sent: int = 0
    received: int = 0
    round_time: datetime | None = None
    control: bool | None = None
    # A round may be of one platform only; what others said of the rest stands until it is too old.
    of_platform: dict[str, tuple[datetime, RoundFacts]] = field(default_factory=dict)
    cut: bool | None = None
    verdicts: dict[str, VerdictLine] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    pairs: dict[str, deque[PairSeen]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=50)))
