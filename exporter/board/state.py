"""The board: everything that the page and /api/v1/state show, as plain records. Pure.

Times are UTC. `null` for a state always means that nothing is known: no data, or fewer vantages than may be shown. It
never means that all is well.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from exporter.board.agree import INTERFERENCE, ratio, voices
from exporter.board.history import HOUR, KEPT, Cell, Count, History, hour_of
from exporter.board.series import Hour, days_of, transitions
from exporter.events import EventWindow
from exporter.standing import OfPlatform, Standing
from measurements.owners import operator

DAY: Final = timedelta(days=1)
# A year of flicker would bury what is new.
_CHANGES: Final = 30
# Windows to come are shown a week ahead.
_AHEAD: Final = timedelta(days=7)

State = Annotated[str | None, Meta(description="A verdict word, `mixed`, or null: nothing known")]


class Measured(msgspec.Struct, frozen=True):
    """How much of a span was measured, in hours (or days), and how much of that was blocked, intercepted or slowed."""

    measured: int
    affected: int
    total: int


class PlatformState(msgspec.Struct, frozen=True, kw_only=True):
    """One platform in one network."""

    platform: str
    name: str
    state: State
    stage: Annotated[str | None, Meta(description="Where it is stopped or slowed: dns, tcp, tls, http, ...")]
    since: Annotated[
        datetime | None, Meta(description="Start of the hour from which this state holds unbroken")
    ]
    confidence: Annotated[str | None, Meta(description="single | few | divided | agreed")]
    vantages: Annotated[int, Meta(description="Vantages with a fresh verdict, counted by invite")]
    agreeing: Annotated[int, Meta(description="How many of them say what `state` says")]
    shares: dict[str, float]
    ratio: Annotated[
        float | None, Meta(description="Platform's goodput / control's; 1 = as fast as the control")
    ]
    hours: Annotated[
        list[State], Meta(description="The last 24 hours, oldest first; the last is the running hour")
    ]
    days: Annotated[
        list[State], Meta(description="The last 30 UTC days, oldest first: the worst hour of each")
    ]
    hours_in_windows: Annotated[
        list[bool], Meta(description="Of the last 24 hours, those that a scheduled event reaches into")
    ]
    last_24_hours: Measured
    last_30_days: Measured


class NetworkState(msgspec.Struct, frozen=True, kw_only=True):
    """One network (autonomous system) in one country."""

    asn: Annotated[str, Meta(description="AS number, or `unknown`")]
    country: str
    operator: Annotated[str, Meta(description="Owner's group, `AS…` or `unknown`")]
    vantages: Annotated[int, Meta(description="Vantages with fresh results, counted by invite; 0 if under k")]
    platforms: list[PlatformState]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A network's state of a platform became another one; hours without data between the two are passed over."""

    asn: str
    country: str
    platform: str
    name: str
    time: Annotated[datetime, Meta(description="Start of the first hour with the new state")]
    before: str
    after: str


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A scheduled event; an empty list of platforms means all."""

    id: str
    start: datetime
    end: datetime
    platforms: list[str]
    active: bool


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of /api/v1/state."""

    time: Annotated[datetime, Meta(description="When the store was read")]
    store_readable: Annotated[bool, Meta(description="false: this is what was known before the store failed")]
    known_since: Annotated[
        datetime | None, Meta(description="What was before is still being read; null: all is known")
    ]
    own: Annotated[bool, Meta(description="true: all records are of the one who serves them")]
    k: Annotated[int, Meta(description="Least number of invites behind every state shown")]
    networks: list[NetworkState]
    changes: Annotated[list[Change], Meta(description="Of the last 30 days, newest first")]
    windows: list[Window]


@dataclass(frozen=True)
class Known:
    """All that a board is made of."""

    now: datetime
    standings: Sequence[Standing]
    history: History
    count: Count
    names: Mapping[str, str]  # platform's id -> name, in the order of the targets
    windows: Sequence[EventWindow]
    k: int
    own: bool
    readable: bool
    since: datetime | None = None  # how far back the past is read; None = all of it


def hours_in(known: Known, cell: Cell) -> list[Hour]:
    """Every hour of the last 30 days, oldest first; the last is the running one."""
    last = hour_of(known.now)
    first = last - KEPT + HOUR
    starts = [first + number * HOUR for number in range(int(KEPT / HOUR))]
    return known.history.hours(cell, starts, known.count)


def board(known: Known) -> Board:
    """What stands and what stood. Networks of which nothing may be shown are left out."""
    networks: list[NetworkState] = []
    changes: list[Change] = []
    for asn, country in _places(known):
        platforms: list[PlatformState] = []
        for platform in _platforms(known, asn, country):
            hours = hours_in(known, Cell(asn, country, platform))
            name = known.names.get(platform, platform)
            platforms.append(_platform(known, Cell(asn, country, platform), name, hours))
            changes += [
                Change(
                    asn=asn, country=country, platform=platform, name=name, time=time, before=old, after=new
                )
                for time, old, new in transitions(hours)
            ]
        if any(each.state or each.last_30_days.measured for each in platforms):
            networks.append(_network(known, asn, country, platforms))
    return Board(
        time=known.now,
        store_readable=known.readable,
        known_since=known.since,
        own=known.own,
        k=known.k,
        networks=networks,
        changes=sorted(changes, key=lambda each: each.time, reverse=True)[:_CHANGES],
        windows=_windows(known),
    )


def _places(known: Known) -> list[tuple[str, str]]:
    fresh = {(each.asn, each.country) for each in known.standings if each.fresh}
    return sorted(fresh | {(cell.asn, cell.country) for cell in known.history.cells})


def _platforms(known: Known, asn: str, country: str) -> list[str]:
    """Those of the targets first; a store may hold others."""
    stored = [cell.platform for cell in known.history.cells if (cell.asn, cell.country) == (asn, country)]
    return list(dict.fromkeys((*known.names, *sorted(stored))))


def _network(known: Known, asn: str, country: str, platforms: list[PlatformState]) -> NetworkState:
    invites = {each.invite for each in _fresh(known, asn, country)}
    return NetworkState(
        asn=asn,
        country=country,
        operator=operator(int(asn) if asn.isdecimal() else None),
        vantages=len(invites) if len(invites) >= known.k else 0,
        platforms=platforms,
    )


def _platform(known: Known, cell: Cell, name: str, hours: list[Hour]) -> PlatformState:
    said = [
        (each.invite, each.platforms.get(cell.platform, OfPlatform()))
        for each in _fresh(known, cell.asn, cell.country)
    ]
    now = voices(((invite, of.verdict) for invite, of in said), known.k)
    days = days_of(hours)
    return PlatformState(
        platform=cell.platform,
        name=name,
        state=now.word,
        stage=_stage([of for _invite, of in said if of.verdict == now.word]) if now.word else None,
        since=_since(hours, now.word),
        confidence=now.confidence,
        vantages=now.count,
        agreeing=now.agreeing,
        shares=now.shares,
        ratio=ratio(((invite, of.ratio) for invite, of in said), known.k),
        hours=[each.state for each in hours[-24:]],
        days=[each.state for each in days],
        hours_in_windows=[_in_window(known.windows, cell.platform, each.start) for each in hours[-24:]],
        last_24_hours=_measured([each.state for each in hours[-24:]]),
        last_30_days=_measured([each.state for each in days]),
    )


def _fresh(known: Known, asn: str, country: str) -> list[Standing]:
    return [each for each in known.standings if each.fresh and (each.asn, each.country) == (asn, country)]


def _stage(said: Iterable[OfPlatform]) -> str | None:
    """The stage that they agree on."""
    stages = {of.stage for of in said}
    return stages.pop() if len(stages) == 1 else None


def _since(hours: Sequence[Hour], state: str | None) -> datetime | None:
    """Backwards from now, passing over hours without data, to the last hour that said otherwise."""
    since = None
    for each in reversed(hours):
        if each.state == state and state is not None:
            since = each.start
        elif each.state is not None:
            break
    return since


def _measured(states: Sequence[str | None]) -> Measured:
    return Measured(
        sum(state is not None for state in states),
        sum(state in INTERFERENCE for state in states),
        len(states),
    )


def _in_window(windows: Iterable[EventWindow], platform: str, start: datetime) -> bool:
    begin, end = start.timestamp(), (start + HOUR).timestamp()
    return any(
        each.start < end and each.end > begin and (not each.platforms or platform in each.platforms)
        for each in windows
    )


def _windows(known: Known) -> list[Window]:
    now = known.now.timestamp()
    near = [
        each
        for each in known.windows
        if each.end >= now - KEPT.total_seconds() and each.start <= now + _AHEAD.total_seconds()
    ]
    return [
        Window(
            id=each.id,
            start=datetime.fromtimestamp(each.start, UTC),
            end=datetime.fromtimestamp(each.end, UTC),
            platforms=list(each.platforms),
            active=each.start <= now < each.end,
        )
        for each in sorted(near, key=lambda window: window.start)
    ]
