"""What dashboards are made of. Every function gives a plain dict in Grafana's JSON model."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from measurements.verdicts import WORST_FIRST

Part = dict[str, Any]

# The datasource has this fixed uid in provisioning/datasources/efir.yaml.
SOURCE: Final = {"type": "prometheus", "uid": "efir-prometheus"}
# Grafana 10 and later read it and migrate it on.
SCHEMA: Final = 38
# A grid has 24 columns.
WIDE: Final = 24
# As on the live page, each with its word: colour is never the only difference.
COLOURS: Final = {
    "blocked": "#7a1020",
    "intercepted": "#5b2a86",
    "throttled": "#a34700",
    "down": "#3b4a5a",
    "inconclusive": "#f2e08a",
    "accessible": "#d3eddd",
}
_NO_DATA: Final = {
    "type": "special",
    "options": {"match": "null+nan", "result": {"text": "no data", "color": "transparent"}},
}
# Of the throttling decision: `throttled` needs an upper bound below half the control.
_HALF_SPEED: Final = 0.5


@dataclass(frozen=True)
class Panel:
    """A panel before it has its place; `height` in grid rows of 30 pixels, `width` in columns."""

    title: str
    kind: str
    queries: Sequence[tuple[str, str]]  # (expression, legend)
    description: str
    unit: str = "short"
    height: int = 8
    width: int = WIDE // 2
    defaults: Part = field(default_factory=dict)
    options: Part = field(default_factory=dict)
    instant: bool = False


def code_of(word: str) -> int:
    """The number that stands for a verdict in timelines; 0 = divided: no word holds half of the vantages."""
    return len(WORST_FIRST) - WORST_FIRST.index(word)


def state_code(metric: str, selector: str, keep: Sequence[str]) -> str:
    """PromQL for the state's number: the worst verdict whose share (or one-hot value) is half or more."""
    parts = [
        f'(({metric}{{{selector}, verdict="{word}"}} >= bool 0.5) * {code_of(word)})' for word in WORST_FIRST
    ]
    return f"max by ({', '.join(keep)}) ({' or '.join(parts)})"


def states(title: str, expression: str, legend: str, description: str, height: int = 10) -> Panel:
    """A timeline of states in words."""
    words = {str(code_of(word)): {"text": word, "color": COLOURS[word]} for word in WORST_FIRST}
    mapped = {"0": {"text": "divided", "color": "#9fd0e8"}, **words}
    return Panel(
        title,
        "state-timeline",
        [(expression, legend)],
        f"{description} Gaps are no data, which is not the same as accessible.",
        height=height,
        width=WIDE,
        defaults={
            "mappings": [{"type": "value", "options": mapped}, _NO_DATA],
            "custom": {"fillOpacity": 90, "lineWidth": 0, "insertNulls": False, "spanNulls": False},
        },
        options={
            "showValue": "always",
            "mergeValues": True,
            "rowHeight": 0.85,
            "legend": {"showLegend": False},
        },
    )


def lines(
    title: str, queries: Sequence[tuple[str, str]], description: str, unit: str = "short", **more: Any
) -> Panel:
    """Curves; gaps stay gaps."""
    custom = {"spanNulls": False, "showPoints": "auto", "lineWidth": 2}
    defaults = {"custom": custom, **more.pop("defaults", {})}
    return Panel(title, "timeseries", queries, description, unit, defaults=defaults, **more)


def ratio_lines(title: str, expression: str, legend: str, description: str) -> Panel:
    """Ratio against control, with the line at half the control's speed."""
    threshold = {"steps": [{"color": "#a34700", "value": None}, {"color": "#0d4a2a", "value": _HALF_SPEED}]}
    return lines(
        title,
        [(expression, legend)],
        f"{description} 1 = as fast as the control; the dashed line is half.",
        "percentunit",
        defaults={
            "thresholds": {"mode": "absolute", **threshold},
            "min": 0,
            "custom": {"thresholdsStyle": {"mode": "dashed"}, "spanNulls": False, "lineWidth": 2},
        },
    )


def number(title: str, expression: str, description: str, unit: str = "short") -> Panel:
    """One figure; without data it says so."""
    return Panel(
        title,
        "stat",
        [(expression, "")],
        description,
        unit,
        height=4,
        width=WIDE // 6,
        defaults={"noValue": "no data", "color": {"mode": "fixed", "fixedColor": "text"}},
        options={"colorMode": "none", "graphMode": "none"},
        instant=True,
    )


def table(title: str, expression: str, description: str, unit: str = "short") -> Panel:
    """What stands now, row by row."""
    return Panel(
        title, "table", [(expression, "")], description, unit, defaults={"noValue": "no data"}, instant=True
    )


def alert_list() -> Panel:
    """Alerts that fire now, by Prometheus' own ALERTS series, so that no Grafana alerting is needed."""
    return Panel(
        "Alerts firing",
        "table",
        [('ALERTS{alertstate="firing"}', "")],
        "What each means and does not mean: docs/alerts.md.",
        width=WIDE,
        height=7,
        defaults={"noValue": "none firing, as far as there are data"},
        instant=True,
    )


def variable(name: str, metric: str, label: str, title: str) -> Part:
    """A choice of label values, all by default."""
    query = f"label_values({metric}, {label})"
    return {
        "name": name,
        "label": title,
        "type": "query",
        "datasource": SOURCE,
        "definition": query,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def annotation(name: str, expression: str, colour: str, text: str) -> Part:
    """Spans in which an expression holds, drawn over every panel."""
    return {
        "name": name,
        "datasource": SOURCE,
        "enable": True,
        "iconColor": colour,
        "expr": expression,
        "step": "60s",
        "titleFormat": text,
    }


# Only where the schedule lives; elsewhere the series does not exist and nothing is drawn.
EVENTS: Final = annotation("Event windows", "efir_event_window_active == 1", "#5b2a86", "{{window}}")
CONFIRMED: Final = annotation(
    "Confirmed alerts",
    'ALERTS{alertstate="firing", stage="confirmed"}',
    "#7a1020",
    "{{alertname}} {{platform}}",
)


def dashboard(uid: str, title: str, panels: Sequence[Panel], variables: Sequence[Part] = ()) -> Part:
    """The whole dashboard, panels laid out from left to right."""
    return {
        "uid": f"efir-{uid}",
        "title": f"Efir: {title}",
        "tags": ["efir"],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": [EVENTS, CONFIRMED]},
        "templating": {"list": list(variables)},
        "links": [{"type": "dashboards", "tags": ["efir"], "title": "Efir", "asDropdown": True}],
        "panels": _placed(panels),
    }


def _placed(panels: Sequence[Panel]) -> list[Part]:
    placed: list[Part] = []
    x = y = row_height = 0
    for number_, panel in enumerate(panels, 1):
        if x + panel.width > WIDE:
            x, y, row_height = 0, y + row_height, 0
        placed.append(_panel(panel, number_, {"x": x, "y": y, "w": panel.width, "h": panel.height}))
        x, row_height = x + panel.width, max(row_height, panel.height)
    return placed


def _panel(panel: Panel, number_: int, place: dict[str, int]) -> Part:
    return {
        "id": number_,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, **panel.defaults}, "overrides": []},
        "options": panel.options,
        "targets": [
            _target(panel, *query, letter) for query, letter in zip(panel.queries, "ABCDEFGH", strict=False)
        ],
    }


def _target(panel: Panel, expression: str, legend: str, letter: str) -> Part:
    shape = {"instant": True, "range": False} if panel.instant else {"instant": False, "range": True}
    form = {"format": "table"} if panel.kind == "table" else {}
    return {
        "refId": letter,
        "datasource": SOURCE,
        "expr": expression,
        "legendFormat": legend,
        **shape,
        **form,
    }
