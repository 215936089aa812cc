"""`correlate`: cells of votes and the windows of each platform in, associations out."""

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from msgspec import structs

from analysis.correlate import settings
from analysis.correlate.cell import Cell, prepare
from analysis.correlate.decide import Evidence, decide, q_values
from analysis.correlate.details import (
    carried,
    descriptives,
    failed_events,
    interval,
    notes,
    per_event,
    splits,
)
from analysis.correlate.effect import baseline, detectable, effect, to_unit
from analysis.correlate.identify import obstacle
from analysis.correlate.onset import onset_alignment
from analysis.correlate.selection import lack, outside_other_causes, tested_votes
from analysis.correlate.shifts import ShiftTest
from analysis.correlate.types import Association, Votes
from analysis.windows import Hours


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
        told = "; ".join(parts) or None
        lines.append(structs.replace(finding.line, verdict=verdict, q_value=q_value, reason=told))
    return lines


def _corrected(findings: Sequence[_Finding]) -> list[float | None]:
    result: list[float | None] = [None] * len(findings)
    for outcome in ("goodput", "failure"):
        which = [n for n, finding in enumerate(findings) if finding.line.outcome == outcome]
        for n, q_value in zip(which, q_values([findings[n].evidence.p_value for n in which]), strict=True):
            result[n] = q_value
    return result


def _examine(votes: Votes, hours: Hours, options: Options) -> _Finding:
    kept = outside_other_causes(votes, hours)
    if len(kept) == 0:
        return _untested(kept, 0, "no measurements outside the hours of other causes")
    held = hours.held
    tested = tested_votes(votes, hours)
    if len(tested) == 0:
        return _untested(tested, 0, "no measurements outside cancelled events")
    cell = prepare(tested, held, options.zone)
    why = lack(cell)
    if why is not None:
        return _untested(tested, len(cell.windows), why)
    rng = np.random.default_rng([options.seed, zlib.crc32(_name(votes).encode())])
    hindrance = obstacle(cell, held)
    finding = _tested(cell, options, rng) if hindrance is None else _onset_only(cell, hindrance, options, rng)
    parts = splits(kept, hours.windows, cell, options.zone) if hindrance is None else ()
    return replace(finding, line=structs.replace(finding.line, splits=parts))


def _name(votes: Votes) -> str:
    return f"{votes.platform}/{votes.asn}/{votes.group}/{votes.outcome}"


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
    low, high = interval(cell, overall)
    size = to_unit(cell, overall.mean)
    smallest = to_unit(cell, detectable(null.spread, null.weight))
    line = structs.replace(
        _line(cell.votes, len(cell.windows), notes(cell)),
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
        per_event=per_event(cell, base, overall),
    )
    evidence = Evidence(
        cell.votes.outcome,
        p_value=null.p_value,
        effect=size,
        low=low,
        high=high,
        inside=inside,
        outside=outside,
        failed_events=failed_events(cell),
        carried=carried(overall),
    )
    return _Finding(line, evidence)


def _onset_only(cell: Cell, hindrance: str, options: Options, rng: np.random.Generator) -> _Finding:
    found = onset_alignment(cell, options.shifts, rng)
    inside, outside = descriptives(cell)
    p_value = found.p_value if found else None
    line = structs.replace(
        _line(cell.votes, len(cell.windows), notes(cell)),
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
