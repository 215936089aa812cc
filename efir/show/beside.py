"""The flows beside a session's pairs: what ran side by side, and the extra arms."""

from collections.abc import Iterator, Sequence
from statistics import median

from efir.i18n import _
from efir.output import Output
from measurements.records import Observation
from measurements.throttle.of_records import flow_of
from measurements.throttle.scope import rate_alone, rate_of_all
from measurements.throttle.usable import use_of


def show_beside(out: Output, rows: Sequence[Observation]) -> None:
    """Print what `rows` of one session hold of such flows; nothing where there were none."""
    for text in [*_side_by_side(rows), *_extra(rows)]:
        out.text(text)


def _side_by_side(rows: Sequence[Observation]) -> Iterator[str]:
    """`two flows at once to one address: 37.1 kB/s together; one alone: 18.9 kB/s`."""
    groups: dict[str, list[Observation]] = {}
    for row in rows:
        if row.transfer and row.transfer.group:
            groups.setdefault(row.transfer.group, []).append(row)
    for group in groups.values():
        alone = _alone(rows, group[0])
        speed = _together(group)
        if speed is not None and alone is not None:
            yield _("{flows}: {together} kB/s together; one alone: {alone} kB/s").format(
                flows=_what(group), together=f"{speed / 1000:.1f}", alone=f"{alone / 1000:.1f}"
            )


def _what(group: Sequence[Observation]) -> str:
    if len({row.sni for row in group}) > 1:
        return _("two flows at once under two names")
    if len({row.address for row in group}) > 1:
        return _("two flows at once to two addresses")
    return _("two flows at once to one address")


def _together(group: Sequence[Observation]) -> float | None:
    start = min(row.time for row in group)
    flows = [flow_of(row, start) for row in group]
    return rate_of_all(flows) if all(use_of(flow) == "counts" and flow.body_bytes for flow in flows) else None


def _alone(rows: Sequence[Observation], like: Observation) -> float | None:
    """What the targets of the same arm's pairs got."""
    arm = like.transfer.arm if like.transfer else None
    flows = [
        flow_of(row, row.time)
        for row in rows
        if row.transfer
        and row.transfer.main
        and row.transfer.purpose == "pair"
        and (row.role, row.transfer.arm) == ("target", arm)
    ]
    return rate_alone(flows)


def _extra(rows: Sequence[Observation]) -> Iterator[str]:
    names = {
        "inverted": _("our server, every bit turned over: {speed} kB/s"),
        "domestic": _("a site inside the country: {speed} kB/s"),
    }
    for arm, text in names.items():
        speeds = [row.transfer.goodput for row in rows if row.transfer and row.transfer.arm == arm]
        known = [speed for speed in speeds if speed is not None]
        if known:
            yield text.format(speed=f"{median(known) / 1000:.1f}")
