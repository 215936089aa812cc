"""What a report is made of, before any word or picture."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from analysis.changes.detect import Change
from analysis.changes.detect import changes as changes_of
from analysis.correlate.selection import tested_votes, without_strays
from analysis.correlate.types import Association, Outcome, Votes
from analysis.report.figures import Bin, Comparison, compare, daily_vantages, timeline
from analysis.report.quality import Quality
from analysis.schedule.model import Schedule
from analysis.windows import Hours, Window

# Public figures are aggregates over at least so many vantages (open data).
PUBLIC_VANTAGES: Final = 5


@dataclass(frozen=True)
class Cell:
    """One platform on one provider, one outcome: what is known of it and may be shown."""

    platform: str
    asn: int | None
    group: str | None
    outcome: Outcome
    vantages: int  # on a usual day
    first: int  # UTC seconds of its first and last vote
    last: int
    bins: tuple[Bin, ...]
    windows: tuple[Window, ...] = ()
    line: Association | None = None  # None without a schedule
    comparison: Comparison = field(default_factory=Comparison)
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Facts:
    """Everything that a page is written from."""

    cells: tuple[Cell, ...]
    hidden: int  # cells of too few vantages
    quality: Quality
    zone: str
    bundle: dict[str, Any]  # what reproduces the report, JSON types
    made: datetime
    version: str
    private: bool
    published: bool = False  # cells of published measurements are shown, however few
    schedule: Schedule | None = None
    preregistration: str | None = None
    shifts: int = 0


@dataclass(frozen=True)
class Disclosure:
    """What may be shown: everything in a private copy, else only groups of enough vantages."""

    private: bool
    published: frozenset[tuple[str, int | None]] = frozenset()  # public already, measurement by measurement

    def at_least(self, votes: Votes) -> int:
        """How many vantages a group of this cell needs."""
        free = self.private or (votes.platform, votes.asn) in self.published
        return 1 if free else PUBLIC_VANTAGES


def associated_cell(
    votes: Votes, line: Association, hours: Hours, zone: str, show: Disclosure
) -> Cell | None:
    """A cell with its answer; None where it is not to be shown."""
    tested = tested_votes(votes, hours)
    cell = _cell(votes, hours.held, show)
    if cell is None:
        return None
    comparison = compare(tested, hours.held, zone, line, show.at_least(votes))
    return replace(cell, line=line, comparison=comparison)


def plain_cell(votes: Votes, show: Disclosure) -> Cell | None:
    """A cell without a schedule, with its changes; None where it is not to be shown."""
    cell = _cell(votes, (), show)
    return None if cell is None else replace(cell, changes=tuple(changes_of(votes)))


def _cell(whole: Votes, windows: tuple[Window, ...], show: Disclosure) -> Cell | None:
    votes = without_strays(whole)  # one of them would press all others into an edge of the chart
    at_least = show.at_least(votes)
    vantages = daily_vantages(votes)
    if len(votes) == 0 or vantages < at_least:
        return None
    return Cell(
        platform=votes.platform,
        asn=votes.asn,
        group=votes.group,
        outcome=votes.outcome,
        vantages=vantages,
        first=int(votes.time[0]),
        last=int(votes.time[-1]),
        bins=tuple(timeline(votes, windows, at_least)),
        windows=windows,
    )


def cells_of(
    votes: Sequence[Votes],
    lines: Sequence[Association],
    hours: Callable[[str], Hours],
    zone: str,
    show: Disclosure,
) -> tuple[list[Cell], int]:
    """Cells to show, and how many are hidden. `lines` are the answers to `votes`, in their order."""
    return _counted(
        associated_cell(each, line, hours(each.platform), zone, show)
        for each, line in zip(votes, lines, strict=True)
    )


def plain_cells(votes: Iterable[Votes], show: Disclosure) -> tuple[list[Cell], int]:
    """The same without a schedule."""
    return _counted(plain_cell(each, show) for each in votes)


def _counted(found: Iterable[Cell | None]) -> tuple[list[Cell], int]:
    cells = list(found)
    shown = [cell for cell in cells if cell is not None]
    return shown, len(cells) - len(shown)
