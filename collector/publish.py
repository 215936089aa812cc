"""Open data: how often each verdict was given, by hour and network, only where enough people stand behind a number.

One invite has one vote an hour and platform, its worst; a cell is published from `K` invites on. Cells that are too
small are put together by country; what is still too small stays out. The sums are of those small cells alone: a
country's sum of all cells, less the ones that were published, would give the small ones away.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from collector.store import Store
from measurements.microseconds import microseconds

# DESIGN section 2, rule 7: counted by invite.
K: Final = 5
HOUR: Final = 3_600_000_000  # microseconds; public times are no finer
# Worst first, in the order of DESIGN section 6.
_ORDER: Final = ("blocked", "intercepted", "throttled", "down", "inconclusive", "not_throttled", "accessible")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_VOTES: Final = """
    SELECT time / 3600000000, asn, country, platform, invite, json_extract(record, '$.verdict')
    FROM lines
    WHERE kind IN ('verdict', 'throttle') AND json_extract(record, '$.endpoint') IS NULL
      AND country IS NOT NULL AND platform IS NOT NULL AND time >= ? AND time < ?"""


class Vote(NamedTuple):
    """What one invite's device said of a platform in an hour."""

    hour: int  # since 1970
    asn: int | None
    country: str
    platform: str
    invite: int
    verdict: str


class Cell(NamedTuple):
    """A published line; `asn` None = several networks of the country put together."""

    time: datetime  # start of the hour, UTC
    country: str
    asn: int | None
    platform: str
    invites: int
    verdicts: dict[str, int]  # verdict -> invites


def cells(votes: Iterable[Vote], k: int = K) -> Iterator[Cell]:
    """What may be published, by hour."""
    by_cell: dict[tuple[int, str, int | None, str], dict[int, str]] = defaultdict(dict)
    for vote in votes:
        _add(by_cell[vote.hour, vote.country, vote.asn, vote.platform], vote.invite, vote.verdict)
    small: dict[tuple[int, str, str], dict[int, str]] = defaultdict(dict)
    enough: list[Cell] = []
    for (hour, country, asn, platform), said in by_cell.items():
        if asn is not None and len(said) >= k:
            enough.append(_cell(hour, country, asn, platform, said))
        else:
            for invite, verdict in said.items():
                _add(small[hour, country, platform], invite, verdict)
    for (hour, country, platform), said in small.items():
        if len(said) >= k:
            enough.append(_cell(hour, country, None, platform, said))
    yield from sorted(enough, key=lambda cell: (cell.time, cell.country, cell.asn or 0, cell.platform))


def votes(store: Store, since: datetime, until: datetime) -> list[Vote]:
    """Accepted platform verdicts measured in this time. Raises StoreError."""
    span = (microseconds(since), microseconds(until))
    return [Vote(*row) for row in store.rows(_VOTES, span)]


def _add(said: dict[int, str], invite: int, verdict: str) -> None:
    """An invite's worst verdict stands."""
    if invite not in said or _ORDER.index(verdict) < _ORDER.index(said[invite]):
        said[invite] = verdict


def _cell(hour: int, country: str, asn: int | None, platform: str, said: dict[int, str]) -> Cell:
    counts = {verdict: number for verdict in _ORDER if (number := list(said.values()).count(verdict))}
    return Cell(_EPOCH + timedelta(hours=hour), country, asn, platform, len(said), counts)
