"""Records in the order in which a store received them: what a reader that follows a store asks for.

The time of a measurement does not tell when its record came: a volunteer may upload after a week offline. A `Cursor`
is the place in a store up to which a reader has read.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from measurements.records import Observation, SummaryLine, ThrottleLine, VerdictLine


class Cursor(NamedTuple):
    """Sequence numbers of the last rows read; before the first row of each table at the start."""

    observations: int = -1
    lines: int = -1


class StoredLine(NamedTuple):
    """A line with what the store knows beside it."""

    time: datetime  # UTC start of the run
    run_id: str | None
    record: VerdictLine | SummaryLine | ThrottleLine


@dataclass(frozen=True)
class Arrivals:
    """What came after a cursor, in the order of arrival, and the cursor behind it."""

    observations: list[Observation]
    lines: list[StoredLine]
    cursor: Cursor
