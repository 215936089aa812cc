"""Was the line alive while a second try waited? Controls are connected to every few seconds beside the second tries.

A line that is dead for ten seconds at a time, or a box that cuts a subscriber off for a while after a forbidden name,
makes second tries fail as well, and may be over before the controls are asked once more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from measurements.records import Observation
from measurements.rules.controls import FOREIGN_NEEDED
from measurements.targets import Control

# Flag of a connection to a control beside the second tries; nothing is sent over it.
WATCH: Final = "control_watch"
EVERY: Final = 3.0  # seconds
# Seconds within which the controls must be heard: the last repetition of a lost ClientHello that could still be
# answered in time leaves 6.5 s after the first (RFC 6298: 0.2 s, and twice as long each time).
WITHIN: Final = 6.5


@dataclass(frozen=True)
class Greeting:
    """A connection to a control; `end` is when it stood, None if it never did."""

    network: str
    start: datetime
    end: datetime | None


def greetings(rows: Iterable[Observation], controls: Mapping[str, Control]) -> tuple[Greeting, ...]:
    """The connections of the watch."""
    return tuple(
        Greeting(controls[o.platform].network or o.platform, o.time, _end(o))
        for o in rows
        if WATCH in o.flags and o.failure != "interrupted"
    )


def _end(row: Observation) -> datetime | None:
    return None if row.failure else row.time + timedelta(seconds=row.phases.connect or 0.0)


def alive(row: Observation, watch: Sequence[Greeting]) -> bool:
    """False if controls were connected to while `row` waited in vain, and fewer than two were heard in time."""
    since = row.time + timedelta(seconds=(row.phases.connect or 0.0) + (row.phases.tls or 0.0))
    asked = [g for g in watch if since <= g.start <= since + timedelta(seconds=EVERY)]
    limit = since + timedelta(seconds=WITHIN)
    heard = {g.network for g in watch if since <= g.start and g.end is not None and g.end <= limit}
    return not asked or len(heard) >= FOREIGN_NEEDED
