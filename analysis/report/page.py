"""From facts to the page: tables, charts, and one HTML file under a policy that allows no request and no script."""

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from analysis.correlate import settings
from analysis.correlate.types import Association, Outcome
from analysis.report import charts
from analysis.report.answer import answer, name_of
from analysis.report.charts import Chart, Clock
from analysis.report.model import PUBLIC_VANTAGES, Cell, Facts
from analysis.report.quality import FLAGS
from analysis.report.texts import Texts
from analysis.schedule.model import Event
from analysis.zones import zone as zone_info

_OUTCOMES: tuple[Outcome, ...] = ("goodput", "failure")
_CHECKS = range(1, 10)
# Fewer marks show no course of time.
_FEWEST_BINS = 5
# In this order cells stand on the page.
_ORDER = ("associated", "continuous", "not_associated", "not_identifiable", "insufficient")


@dataclass(frozen=True)
class Overview:
    """All cells of one outcome that have an answer; `chart` where any has an effect, `rows` with their reasons."""

    outcome: Outcome
    chart: Chart | None
    rows: Sequence[tuple[Sequence[str], str]]


@dataclass(frozen=True)
class Section:
    """One cell on the page."""

    name: str
    outcome: str
    verdict: str | None
    reason: str
    charts: Sequence[Chart]
    splits: Sequence[Sequence[str]]
    changes: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Report:
    """The finished page, its charts, and what reproduces it as JSON."""

    html: str
    charts: Sequence[Chart]
    bundle: str


def render(facts: Facts, language: str) -> Report:
    """The report in one of `texts.LANGUAGES`."""
    t = Texts(language)
    facts = replace(facts, cells=tuple(sorted(facts.cells, key=_place)))
    sections = [_section(number, cell, facts, t) for number, cell in enumerate(facts.cells, 1)]
    overviews = [_overview(outcome, facts, t) for outcome in _OUTCOMES]
    shown = [each for each in overviews if each is not None]
    drawn = [each.chart for each in shown if each.chart is not None]
    drawn += [chart for section in sections for chart in section.charts]
    style = _file("style.css")
    bundle = json.dumps(facts.bundle, indent=2, sort_keys=True, ensure_ascii=False)
    html = _template().render(
        t=t,
        facts=facts,
        k=PUBLIC_VANTAGES,
        title=t("title" if facts.schedule else "title_plain"),
        answer=answer(facts, t),
        overviews=shown,
        sections=sections,
        changes=[row for cell in facts.cells for row in _changes(cell, facts.zone, t)],
        quality=_quality(facts, t),
        coverage=_coverage(facts.cells, t),
        untested=sum(cell.line is not None and cell.line.q_value is None for cell in facts.cells),
        first=_local(facts.quality.first, facts.zone, "%Y-%m-%d"),
        last=_local(facts.quality.last, facts.zone, "%Y-%m-%d"),
        made=f"{facts.made:%Y-%m-%d %H:%M} UTC",
        ratio=t.number(settings.RATIO, 1),
        difference=t.number(settings.DIFFERENCE, 1),
        events=_events(facts.schedule.events, facts.zone, t) if facts.schedule else [],
        other=_events(facts.schedule.other, facts.zone, t) if facts.schedule else [],
        checks=[t(f"check_{number}") for number in _CHECKS],
        bundle=bundle,
        style=style,
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )
    return Report(html, drawn, bundle)


def _place(cell: Cell) -> int:
    return _ORDER.index(cell.line.verdict) if cell.line else 0


@cache
def _file(name: str) -> str:
    return (files("analysis.report") / name).read_text("utf-8")


def _template() -> Any:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_file("page.html.j2"))


def _overview(outcome: Outcome, facts: Facts, t: Texts) -> Overview | None:
    lines = [(name_of(c, t), c.line) for c in facts.cells if c.line is not None and c.outcome == outcome]
    if not lines:
        return None
    effects = any(line.effect is not None for _, line in lines)
    chart = charts.overview_chart(f"overview-{outcome}", lines, outcome, t) if effects else None
    return Overview(outcome, chart, [(_row(name, line, t), t.reason(line.reason)) for name, line in lines])


def _row(name: str, line: Association, t: Texts) -> list[str]:
    return [
        name,
        t(f"verdict_{line.verdict}"),
        t.number(line.effect),
        _interval(line.effect_low, line.effect_high, t),
        t.number(line.p_value, 4),
        t.number(line.q_value, 4),
        t.number(line.minimum_detectable_effect),
        str(line.events),
        str(line.measurements),
        str(line.vantages),
    ]


def _interval(low: float | None, high: float | None, t: Texts) -> str:
    return "–" if low is None or high is None else f"{t.number(low)} … {t.number(high)}"


def _section(number: int, cell: Cell, facts: Facts, t: Texts) -> Section:
    id_, name = f"cell-{number}", f"{name_of(cell, t)}: {t(f'outcome_{cell.outcome}').lower()}"
    clock = Clock(cell.first, cell.last, facts.zone)
    drawn = []
    if len(cell.bins) >= _FEWEST_BINS:
        drawn.append(
            charts.timeline_chart(f"{id_}-timeline", name, cell.bins, cell.windows, cell.outcome, clock, t)
        )
    drawn += charts.of_comparison(id_, name, cell.comparison, cell.outcome, clock, t)
    return Section(
        name,
        cell.outcome,
        t(f"verdict_{cell.line.verdict}") if cell.line else None,
        t.reason(cell.line.reason) if cell.line else "",
        drawn,
        [
            [
                t(f"part_{s.part}"),
                str(s.events),
                t.number(s.effect),
                _interval(s.effect_low, s.effect_high, t),
            ]
            for s in (cell.line.splits if cell.line else ())
        ],
        _changes(cell, facts.zone, t),
    )


def _changes(cell: Cell, zone: str, t: Texts) -> list[list[str]]:
    return [
        [
            _local(int(change.time.timestamp()), zone, "%Y-%m-%d %H:%M"),
            t(f"direction_{change.direction}"),
            f"{name_of(cell, t)}: {t(f'outcome_{cell.outcome}').lower()}",
            t.number(change.before),
            t.number(change.after),
        ]
        for change in cell.changes
    ]


def _local(second: int, zone: str, pattern: str) -> str:
    return datetime.fromtimestamp(second, zone_info(zone)).strftime(pattern)


def _share(part: int, whole: int, t: Texts) -> str:
    return f"{part} / {whole}" + (f" ({t.number(100 * part / whole, 1)} %)" if whole else "")


def _quality(facts: Facts, t: Texts) -> list[tuple[str, str]]:
    found, zone = facts.quality, facts.zone
    # These are times of single measurements, perhaps of one person.
    stamp = "%Y-%m-%d %H:%M" if facts.private else "%Y-%m-%d"
    rows = [
        ("rows", str(found.rows)),
        ("vantages", str(found.vantages)),
        ("span", f"{_local(found.first, zone, stamp)} – {_local(found.last, zone, stamp)}"),
        ("hours", _share(found.hours_held, found.hours_total, t)),
        ("gap", t("quality_gap_value", hours=found.gap_hours, start=_local(found.gap_start, zone, stamp))),
        ("failed", _share(found.targets_failed, found.targets, t)),
        ("control", _share(found.controls_failed, found.controls, t)),
        ("future", str(found.future)),
    ]
    rows += [(f"flag_{flag}", str((found.flags or {})[flag])) for flag in FLAGS if found.flags is not None]
    return [(t(f"quality_{key}"), value) for key, value in rows]


def _coverage(cells: Iterable[Cell], t: Texts) -> list[str]:
    """How many of the events within a cell's time hold votes."""
    return [
        t(
            "quality_events",
            name=f"{name_of(cell, t)} ({t(f'outcome_{cell.outcome}').lower()})",
            with_votes=cell.line.events,
            events=sum(w.end > cell.first and w.start <= cell.last for w in cell.windows),
        )
        for cell in cells
        if cell.line is not None
    ]


def _events(events: Sequence[Event], zone: str, t: Texts) -> list[list[str]]:
    stamp = "%Y-%m-%d %H:%M"
    return [
        [
            event.id,
            event.kind,
            _local(event.start, zone, stamp),
            _local(event.end, zone, stamp),
            ", ".join(event.platforms) or t("all_platforms"),
            t(f"status_{event.status}"),
            event.source or "–",
        ]
        for event in events
    ]
