"""`correlate`: cells of votes and the windows of each platform in, associations out."""

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.correlate import settings
from analysis.correlate.cell import Cell, prepare
from analysis.correlate.decide import Evidence, decide, q_values
from analysis.correlate.effect import Baseline, Effect, baseline, detectable, effect, to_unit
from analysis.correlate.identify import obstacle
from analysis.correlate.onset import onset_alignment
from analysis.correlate.shifts import ShiftTest
from analysis.correlate.timing import edges
from analysis.correlate.types import Association, Bools, EventEffect, SplitEffect, Votes
from analysis.schedule.printed import iso
from analysis.windows import Hours, Window


@dataclass(frozen=True)
class Options:
    """How the test is run; the same options and votes give the same answer."""

    zone: str
    seed: int = 0
    shifts: int = settings.SHIFTS
    preregistration: str | None = None


@dataclass(frozen=True)
class _Finding:
    """One cell before the correction over all cells."""

    line: Association
    evidence: Evidence


def correlate(cells: Iterable[Votes], hours: Callable[[str], Hours], options: Options) -> list[Association]:
    """One association per cell, in the order given; Benjamini-Hochberg per outcome over the testable cells."""
    findings = [_examine(votes, hours(votes.platform), options) for votes in cells]
    corrected = _corrected(findings)
    lines = []
    for finding, q_value in zip(findings, corrected, strict=True):
        verdict, reason = decide(replace(finding.evidence, q_value=q_value))
        parts = [part for part in (reason, finding.line.reason) if part]
        lines.append(_with(finding.line, verdict=verdict, q_value=q_value, reason="; ".join(parts) or None))
    return lines


def _with(line: Association, **changes: object) -> Association:
    fields = {name: getattr(line, name) for name in line.__struct_fields__}
    return Association(**(fields | changes))


def _corrected(findings: Sequence[_Finding]) -> list[float | None]:
    result: list[float | None] = [None] * len(findings)
    for outcome in ("goodput", "failure"):
        which = [n for n, finding in enumerate(findings) if finding.line.outcome == outcome]
        for n, q_value in zip(which, q_values([findings[n].evidence.p_value for n in which]), strict=True):
            result[n] = q_value
    return result


def _examine(votes: Votes, hours: Hours, options: Options) -> _Finding:
    kept = votes.take(_outside_of(votes, hours))
    if len(kept) == 0:
        return _untested(kept, 0, "no measurements outside the hours of other causes")
    held = hours.held
    tested = tested_votes(votes, hours)
    if len(tested) == 0:
        return _untested(tested, 0, "no measurements outside cancelled events")
    cell = prepare(tested, held, options.zone)
    lack = _lack(cell)
    if lack is not None:
        return _untested(tested, len(cell.windows), lack)
    rng = np.random.default_rng([options.seed, zlib.crc32(_name(votes).encode())])
    hindrance = obstacle(cell, held)
    finding = _tested(cell, options, rng) if hindrance is None else _onset_only(cell, hindrance, options, rng)
    splits = _splits(kept, hours.windows, cell, options) if hindrance is None else ()
    return replace(finding, line=_with(finding.line, splits=splits))


def _name(votes: Votes) -> str:
    return f"{votes.platform}/{votes.asn}/{votes.group}/{votes.outcome}"


def tested_votes(votes: Votes, hours: Hours) -> Votes:
    """The votes that take part: those in hours of other causes and of cancelled events do not, nor do strays."""
    cancelled = [(window.start, window.end) for window in hours.windows if window.cancelled]
    return without_strays(votes.take(~_covered(votes, (*hours.left_out, *cancelled))))


def without_strays(votes: Votes) -> Votes:
    """The votes without small groups of them far from all others in time: a clock that forgot the date.

    Shifts of the schedule go around the time that the votes span; a single one decades away would empty it.
    """
    group = np.cumsum(np.diff(votes.time, prepend=votes.time[:1]) > settings.STRAY_SECONDS)
    size = np.bincount(group, minlength=1)
    return votes.take((size[group] >= settings.VOTES_OUTSIDE) | (size[group] == size.max()))


def _outside_of(votes: Votes, hours: Hours) -> Bools:
    return ~_covered(votes, hours.left_out)


def _covered(votes: Votes, hours: Iterable[tuple[int, int]]) -> Bools:
    covered = np.zeros(len(votes), bool)
    for start, end in hours:
        covered |= (votes.time >= start) & (votes.time < end)
    return covered


def _lack(cell: Cell) -> str | None:
    """Why there are too few votes to say anything."""
    inside = cell.inside()
    if len(cell.windows) == 0:
        return "no event has measurements in its hours"
    if not np.isfinite(cell.harm).all():
        return "no download from the platform ever succeeded; see the failure outcome"
    if len(cell.windows) < settings.EVENTS:
        return f"too few events with measurements ({len(cell.windows)}; {settings.EVENTS} are needed)"
    if inside.sum() < settings.VOTES_INSIDE:
        return f"too few measurements in the windows ({inside.sum()}; {settings.VOTES_INSIDE} are needed)"
    if (~inside).sum() < settings.VOTES_OUTSIDE:
        return (
            f"too few measurements to compare with ({(~inside).sum()}; {settings.VOTES_OUTSIDE} are needed)"
        )
    return None


def _line(votes: Votes, events: int, reason: str | None = None) -> Association:
    return Association(
        platform=votes.platform,
        asn=votes.asn,
        group=votes.group,
        outcome=votes.outcome,
        verdict="insufficient",
        events=events,
        measurements=len(votes),
        vantages=len(np.unique(votes.vantage)),
        reason=reason,
    )


def _untested(votes: Votes, events: int, why: str) -> _Finding:
    return _Finding(_line(votes, events), Evidence(votes.outcome, too_few=why))


def _tested(cell: Cell, options: Options, rng: np.random.Generator) -> _Finding:
    null = ShiftTest(cell, rng).run(options.shifts)
    base = baseline(cell)
    overall = effect(cell, base, range(len(cell.windows)))
    inside, outside = descriptives(cell)
    bounds = sorted(
        bound for bound in (to_unit(cell, overall.low), to_unit(cell, overall.high)) if bound is not None
    )
    low, high = (bounds[0], bounds[1]) if bounds else (None, None)
    size = to_unit(cell, overall.mean)
    smallest = to_unit(cell, detectable(null.spread, null.weight))
    line = _with(
        _line(cell.votes, len(cell.windows), _notes(cell)),
        effect=size,
        effect_low=low,
        effect_high=high,
        p_value=null.p_value,
        minimum_detectable_effect=None if smallest is not None and smallest > 1 else smallest,
        seed=options.seed,
        shifts=len(null.shifted),
        inside=inside,
        outside=outside,
        preregistration=options.preregistration,
        per_event=_per_event(cell, base, overall),
    )
    evidence = Evidence(
        cell.votes.outcome,
        p_value=null.p_value,
        effect=size,
        low=low,
        high=high,
        inside=inside,
        outside=outside,
        failed_events=_failed_events(cell),
        carried=_carried(overall),
    )
    return _Finding(line, evidence)


def _onset_only(cell: Cell, hindrance: str, options: Options, rng: np.random.Generator) -> _Finding:
    found = onset_alignment(cell, options.shifts, rng)
    inside, outside = descriptives(cell)
    p_value = found.p_value if found else None
    line = _with(
        _line(cell.votes, len(cell.windows), _notes(cell)),
        p_value=p_value,
        seed=options.seed,
        shifts=found.permutations if found else None,
        inside=inside,
        outside=outside,
        preregistration=options.preregistration,
    )
    evidence = Evidence(
        cell.votes.outcome,
        obstacle=hindrance,
        onset=found is not None and found.step < 0,
        p_value=p_value,
        inside=inside,
        outside=outside,
    )
    return _Finding(line, evidence)


def _notes(cell: Cell) -> str | None:
    """What a reader must know about the votes themselves."""
    if cell.votes.outcome == "failure":
        return (
            None if cell.votes.controlled else "the data hold no controls: failures are not set against any"
        )
    failed = int(np.count_nonzero(cell.votes.failed[cell.inside()]))
    if not failed:
        return None
    return f"{failed} votes in the windows hold failed downloads, counted as the slowest that succeeded"


def descriptives(cell: Cell) -> tuple[float | None, float | None]:
    """Median ratio to the control, or share of failed votes: in the windows, and in the other hours of their days."""
    inside = cell.inside()
    event_days = np.unique(cell.day[inside])
    others = np.isin(cell.day, event_days) & ~inside
    return _describe(cell, inside), _describe(cell, others)


def _describe(cell: Cell, which: Bools) -> float | None:
    if not which.any():
        return None
    if cell.votes.outcome == "goodput":
        return float(np.exp(np.median(cell.harm[which])))
    return float(cell.votes.failed[which].mean())


def _failed_events(cell: Cell) -> int:
    owner = cell.event_of()
    return len(np.unique(owner[(owner >= 0) & (cell.votes.failed > 0)]))


def _carried(overall: Effect) -> float:
    """Share of the effect that is left without the worst events, one fewer than failures must fall in."""
    known = np.sort(overall.per_event[np.isfinite(overall.per_event)])
    rest = known[settings.FAILED_EVENTS - 1 :]
    return float(rest.mean() / overall.mean) if overall.mean and len(rest) else 0.0


def _per_event(cell: Cell, base: Baseline, overall: Effect) -> tuple[EventEffect, ...]:
    votes = np.bincount(cell.event_of() + 1, minlength=len(cell.windows) + 1)[1:]
    lines = []
    for number, window in enumerate(cell.windows):
        onset, end = edges(cell, base, number, overall.mean or 0.0)
        lines.append(
            EventEffect(
                ids=window.ids,
                start=iso(window.start),
                end=iso(window.end),
                votes=int(votes[number]),
                effect=to_unit(cell, float(overall.per_event[number])),
                onset_minutes=onset,
                end_minutes=end,
            )
        )
    return tuple(lines)


def _splits(
    votes: Votes, windows: tuple[Window, ...], cell: Cell, options: Options
) -> tuple[SplitEffect, ...]:
    """Announced against unannounced, and held against cancelled, where each side has enough events."""
    lines: list[SplitEffect] = []
    announced = [n for n, window in enumerate(cell.windows) if window.announced]
    unannounced = [n for n, window in enumerate(cell.windows) if not window.announced]
    if min(len(announced), len(unannounced)) >= settings.SPLIT_EVENTS:
        base = baseline(cell)
        lines += [
            _split(cell, base, "announced", announced),
            _split(cell, base, "unannounced", unannounced),
        ]
    both = prepare(votes, windows, options.zone) if any(window.cancelled for window in windows) else cell
    cancelled = [n for n, window in enumerate(both.windows) if window.cancelled]
    held = [n for n, window in enumerate(both.windows) if not window.cancelled]
    if min(len(cancelled), len(held)) >= settings.SPLIT_EVENTS:
        base = baseline(both)
        lines += [_split(both, base, "held", held), _split(both, base, "cancelled", cancelled)]
    return tuple(lines)


def _split(cell: Cell, base: Baseline, part: str, events: list[int]) -> SplitEffect:
    found = effect(cell, base, events)
    bounds = sorted(
        bound for bound in (to_unit(cell, found.low), to_unit(cell, found.high)) if bound is not None
    )
    return SplitEffect(
        part=part,
        events=len(events),
        effect=to_unit(cell, found.mean),
        effect_low=bounds[0] if bounds else None,
        effect_high=bounds[1] if bounds else None,
    )
