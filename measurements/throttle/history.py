"""What earlier sessions of the same vantage teach: its own noise, and the usual ratio against a foreign control."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import log
from typing import Final

from measurements.records import Observation
from measurements.throttle.contrast import median_known
from measurements.throttle.evidence import Baseline
from measurements.throttle.flow import Arm
from measurements.throttle.of_records import flow_of
from measurements.throttle.pair import Measured, Pair, measure, pair_use

KEPT: Final = timedelta(days=14)  # noise checks older than this say nothing about the line of today
HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_PURPOSES: Final = frozenset({"pair", "sentinel"})


def noise_of(rows: Iterable[Observation]) -> tuple[float, ...]:
    """ln(ratio) of each control-control pair among `rows`."""
    pairs = (_pair(both[0], both[1]) for both in _by_pair(rows, frozenset({"noise"})))
    return tuple(log(seen.target / seen.control) for seen in map(measure, filter(_counts, pairs)))


def baselines_of(
    rows: Sequence[Observation], platform: str, now: datetime
) -> dict[tuple[str, str], Baseline]:
    """Pairs of `platform` against foreign controls, on other days at this hour, by host family and control."""
    found: dict[tuple[str, str], list[tuple[Pair, datetime]]] = {}
    for one, other in _by_pair(rows, _PURPOSES):
        target, control = (one, other) if one.role == "target" else (other, one)
        fits = target.role == "target" and control.role == "control" and _arm(target) == "foreign"
        if fits and target.platform == platform and _same_hour_of_another_day(target.time, now):
            pair = _pair(target, control)
            if _counts(pair):
                found.setdefault((target.endpoint, control.platform), []).append((pair, target.time))
    return {key: _baseline(pairs) for key, pairs in found.items()}


def _baseline(found: Sequence[tuple[Pair, datetime]]) -> Baseline:
    seen: list[Measured] = [measure(pair) for pair, _ in found]
    return Baseline(
        d=tuple(each.d for each in seen),
        days=len({time.date() for _, time in found}),
        target_rtt=median_known(pair.target.connect for pair, _ in found),
        control_rtt=median_known(pair.control.connect for pair, _ in found),
        handshake_d=tuple(each.handshake_d for each in seen if each.handshake_d is not None),
        out_of_order=median_known(pair.control.out_of_order for pair, _ in found),
    )


def _by_pair(rows: Iterable[Observation], purposes: frozenset[str]) -> list[tuple[Observation, Observation]]:
    groups: dict[str, list[Observation]] = {}
    for row in rows:
        if row.transfer and row.transfer.pair and row.transfer.purpose in purposes:
            groups.setdefault(row.transfer.pair, []).append(row)
    return [(group[0], group[1]) for group in groups.values() if len(group) == 2]


def _pair(target: Observation, control: Observation) -> Pair:
    start = min(target.time, control.time)
    return Pair(arm=_arm(target) or "foreign", target=flow_of(target, start), control=flow_of(control, start))


def _arm(row: Observation) -> Arm | None:
    words: dict[str, Arm] = {"helper": "helper", "same_address": "same_address", "foreign": "foreign"}
    return words.get(row.transfer.arm or "") if row.transfer else None


def _counts(pair: Pair) -> bool:
    return pair_use(pair) == "counts"


def _same_hour_of_another_day(then: datetime, now: datetime) -> bool:
    if now - then < _DAY / 2:
        return False
    apart = (now - then) % _DAY
    return min(apart, _DAY - apart) <= HOUR
