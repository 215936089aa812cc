"""Flows beside a session's pairs, as their records tell: those that ran at once, and our server's turned over."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Literal, get_args

from measurements.records import Observation
from measurements.throttle.evidence import Together
from measurements.throttle.flow import goodput
from measurements.throttle.of_records import flow_of
from measurements.throttle.scope import rate_alone, rate_of_all
from measurements.throttle.usable import use_of

# Two flows to one address, to two, or to two under two names.
What = Literal["two", "two_addresses", "two_names"]


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Target flows of an arm that ran at once; bytes per second, None where a flow was no evidence of a speed."""

    what: What
    arm: str | None
    rate: float | None  # both together
    alone: float | None  # one of the same arm's pairs


def at_once(rows: Sequence[Observation]) -> list[AtOnce]:
    """Each group of one session's flows that ran at once, in order of time."""
    groups: dict[str, list[Observation]] = {}
    for row in rows:
        if row.transfer and row.transfer.group:
            groups.setdefault(row.transfer.group, []).append(row)
    return [_group(group, rows) for group in groups.values()]


def together_of(rows: Sequence[Observation], arm: str | None) -> Together | None:
    """What the flows side by side of the deciding arm got; None where there were none."""
    groups = [group for group in at_once(rows) if group.arm == arm]
    if not groups or groups[0].alone is None:
        return None
    seen = {what: [g.rate for g in groups if g.what == what and g.rate] for what in get_args(What)}
    return Together(
        alone=groups[0].alone, **{what: fmean(rates) if rates else None for what, rates in seen.items()}
    )


def inverted_of(rows: Sequence[Observation]) -> float | None:
    """Bytes per second of our server's object with every bit turned over; None where it was not to be had."""
    turned = [row for row in rows if row.transfer and row.transfer.arm == "inverted"]
    flows = [flow_of(row, row.time) for row in turned]
    if not flows or any(use_of(flow) != "counts" for flow in flows):
        return None
    return median(map(goodput, flows))


def _group(group: Sequence[Observation], rows: Sequence[Observation]) -> AtOnce:
    start = min(row.time for row in group)
    flows = [flow_of(row, start) for row in group]
    counts = all(use_of(flow) == "counts" and flow.body_bytes for flow in flows)
    arm = group[0].transfer.arm if group[0].transfer else None
    return AtOnce(_what(group), arm, rate_of_all(flows) if counts else None, _alone(rows, arm))


def _what(group: Sequence[Observation]) -> What:
    if len({row.sni for row in group}) > 1:
        return "two_names"
    return "two_addresses" if len({row.address for row in group}) > 1 else "two"


def _alone(rows: Sequence[Observation], arm: str | None) -> float | None:
    """What the targets of the arm's pairs got."""
    return rate_alone(
        [
            flow_of(row, row.time)
            for row in rows
            if row.transfer
            and row.transfer.main
            and row.transfer.purpose == "pair"
            and (row.role, row.transfer.arm) == ("target", arm)
        ]
    )
