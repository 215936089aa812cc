"""Pairs of a session that was broken off within the hour, for the next one to go on with.

They are one sample with what follows only on the same network (a pseudonym stands for one), under the same tariff, and
if together they fit into the hour that a session has.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from measurements.records import Observation
from measurements.throttle.evidence import Plan
from measurements.throttle.flow import ARMS, Arm, Flow
from measurements.throttle.of_records import flow_of
from measurements.throttle.pair import Pair, pair_use
from measurements.throttle.thresholds import THRESHOLDS as T

HOUR: Final = timedelta(seconds=T.session_seconds)
# Notes (words of `reasons.NOTES`).
OTHER_NETWORK: Final = "earlier_other_network"
OTHER_TARIFF: Final = "earlier_other_tariff"

Side = tuple[Arm, str]  # an arm and its control's id


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """Of one host family. Flows are counted from `started`; `refused` says why there are none."""

    started: datetime | None = None
    pairs: tuple[tuple[Side, Pair], ...] = ()
    before: Mapping[Side, tuple[Flow, ...]] = field(default_factory=dict)
    long: tuple[Side, Pair] | None = None
    refused: str | None = None

    def pairs_of(self, sides: Collection[Side]) -> list[Pair]:
        """Pairs of these arms, in the order of the wire."""
        return [pair for side, pair in self.pairs if side in sides]


def earlier_of(
    rows: Iterable[Observation],
    family: str,
    *,
    vantage: str,
    tariff: Plan,
    network: str,
    now: datetime,
    pair_seconds: float,
) -> Earlier:
    """What can be taken up again from `rows`: flows of broken-off sessions of one platform, in the order of the wire.

    The oldest pairs are left out until the rest and those still missing for a first look, `pair_seconds` each, fit
    into the hour.
    """
    recent = [
        row
        for row in rows
        if row.transfer and row.transfer.main and row.endpoint == family and now - row.time <= HOUR
    ]
    paired = [row for row in recent if row.transfer and row.transfer.purpose == "pair"]
    if not paired:
        return Earlier()
    if any(row.vantage != vantage for row in paired):
        return Earlier(refused=OTHER_NETWORK)
    if any(row.transfer and row.transfer.tariff != tariff for row in paired):
        return Earlier(refused=OTHER_TARIFF)
    return _fitting(recent, now, network, pair_seconds)


def _fitting(rows: Sequence[Observation], now: datetime, network: str, pair_seconds: float) -> Earlier:
    start = rows[0].time
    pairs = stored_pairs(rows, "pair", start, network)
    while pairs and _ends(pairs, now - start, pair_seconds) > HOUR.total_seconds():
        pairs = pairs[1:]
    if not pairs:
        return Earlier()
    first = timedelta(seconds=pairs[0][1].started)
    long = stored_pairs(rows, "long", start, network)
    return Earlier(
        started=start + first,
        pairs=tuple((side, _moved(pair, first.total_seconds())) for side, pair in pairs),
        before=stored_flows(rows, "before", start, network),
        long=long[-1] if long else None,
    )


def _ends(pairs: Sequence[tuple[Side, Pair]], age: timedelta, pair_seconds: float) -> float:
    """Seconds from the first of `pairs` to where the arm under way would reach its first look."""
    under_way = pairs[-1][0]
    counted = sum(side == under_way and pair_use(pair) == "counts" for side, pair in pairs)
    missing = max(0, T.looks[0] - counted)
    return age.total_seconds() - pairs[0][1].started + missing * pair_seconds


def _moved(pair: Pair, seconds: float) -> Pair:
    def later(flow: Flow) -> Flow:
        return replace(flow, started=flow.started - seconds)

    return replace(pair, target=later(pair.target), control=later(pair.control))


def stored_pairs(
    rows: Sequence[Observation], purpose: str, start: datetime, network: str | None = None
) -> list[tuple[Side, Pair]]:
    """Pairs of one purpose among `rows`, both of whose flows were stored."""
    groups: dict[str, dict[str, Observation]] = {}
    for row in rows:
        if row.transfer and row.transfer.pair and row.transfer.purpose == purpose:
            groups.setdefault(row.transfer.pair, {})[row.role] = row
    return [
        (
            side,
            Pair(
                arm=side[0],
                target=flow_of(group["target"], start, network),
                control=flow_of(group["control"], start, network),
            ),
        )
        for group in groups.values()
        if len(group) == 2 and (side := _side(group["control"]))
    ]


def stored_flows(
    rows: Sequence[Observation], purpose: str, start: datetime, network: str | None = None
) -> dict[Side, tuple[Flow, ...]]:
    """Control flows of one purpose that ran alone."""
    found: dict[Side, tuple[Flow, ...]] = {}
    for row in rows:
        if row.transfer and row.transfer.purpose == purpose and (side := _side(row)):
            found[side] = (*found.get(side, ()), flow_of(row, start, network))
    return found


def _side(control: Observation) -> Side | None:
    arm: Arm | None = next((arm for arm in ARMS if control.transfer and control.transfer.arm == arm), None)
    return (arm, control.platform) if arm else None


def broken_off(
    rows: Sequence[Observation], platform: str, reasons: Callable[[str], Sequence[str | None]]
) -> list[Observation]:
    """Flows of the platform's sessions after the last one that ended by itself.

    `reasons` gives the reasons of the results that a run has for the platform: none where it was killed.
    """
    own = [row for row in rows if row.transfer and row.transfer.session == platform]
    open_runs: list[str] = []
    for run in dict.fromkeys(row.run_id for row in own):
        ended = [reason for reason in reasons(run) if "interrupted" not in (reason or "").split(", ")]
        open_runs = [] if ended else [*open_runs, run]
    return [row for row in own if row.run_id in open_runs]
