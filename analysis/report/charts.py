"""Four charts, each as SVG, as a table for CSV, and with a sentence for those who cannot see it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Final

from analysis.correlate import settings
from analysis.correlate.types import Association, Outcome
from analysis.report.figures import Bin, Comparison, Evening, EventBar
from analysis.report.svg import FAINT, GREY, INK, SHADE, USUAL, Canvas, Scale
from analysis.report.texts import Texts
from analysis.schedule.printed import iso
from analysis.windows import Window
from analysis.zones import zone as zone_info

_WIDTH: Final = 640.0
_LEFT: Final = 52.0
_RIGHT: Final = _WIDTH - 12
# A window of two hours in two months is thinner than a line; it is drawn at least so wide.
_THINNEST: Final = 1.6
_ROW: Final = 22.0
# Characters of a cell's name that fit left of the axis.
_LONGEST_NAME: Final = 30


@dataclass(frozen=True)
class Chart:
    """`svg` is finished markup of our own, its texts escaped; `rows` are what it shows."""

    id: str
    caption: str
    svg: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True)
class Clock:
    """Local times on an axis from `first` to `last` (UTC seconds)."""

    first: int
    last: int
    zone: str

    def day(self, second: int) -> str:
        return datetime.fromtimestamp(second, zone_info(self.zone)).strftime("%Y-%m-%d")

    def midnights(self, most: int) -> list[int]:
        """At most about `most` local midnights, evenly apart."""
        info = zone_info(self.zone)
        start = datetime.fromtimestamp(self.first, info).replace(hour=0, minute=0, second=0, microsecond=0)
        step = max(1, -(-(self.last - self.first) // 86_400 // most))
        ticks = []
        while start.timestamp() <= self.last:
            if start.timestamp() >= self.first:
                ticks.append(int(start.timestamp()))
            start += timedelta(days=step)
        return ticks


def timeline_chart(
    id_: str,
    name: str,
    bins: Sequence[Bin],
    windows: Sequence[Window],
    outcome: Outcome,
    clock: Clock,
    t: Texts,
) -> Chart:
    """All votes over time: the usual hours as dots with a line, event windows shaded with diamonds."""
    canvas = Canvas(_WIDTH, 250)
    y = _level_scale(outcome, [each.value for each in bins], 206, 34)
    x = Scale(clock.first, max(clock.last, clock.first + 1), _LEFT, _RIGHT)
    for window in windows:
        if window.end > clock.first and window.start < clock.last:
            left = x(window.start)
            canvas.rect((left, 34), max(x(window.end) - left, _THINNEST), 172, SHADE)
    _level_axis(canvas, y, outcome, t)
    for midnight in clock.midnights(6):
        canvas.line((x(midnight), 206), (x(midnight), 211), GREY)
        canvas.text((x(midnight), 224), clock.day(midnight), "middle", 11, GREY)
    usual = [each for each in bins if not each.inside]
    canvas.polylines(_runs(usual, lambda each: (x(each.time), y(each.value))), USUAL)
    canvas.discs(((x(each.time), y(each.value)) for each in usual), size=3.4)
    canvas.diamonds((x(each.time), y(each.value)) for each in bins if each.inside)
    _legend(canvas, 243, [("disc", t("usual_hours")), ("diamond", t("event_hours")), ("shade", t("windows"))])
    caption = t("caption_timeline", name=name)
    rows = tuple((iso(b.time), b.inside, round(b.value, 6), b.votes, b.vantages) for b in bins)
    columns = ("time", "in_event_window", _unit(outcome), "votes", "vantages")
    return Chart(id_, caption, canvas.svg(caption), columns, rows)


def _runs(
    bins: Sequence[Bin], place: Callable[[Bin], tuple[float, float]]
) -> list[list[tuple[float, float]]]:
    """Neighbouring bins together; where one is missing, the line breaks."""
    if len(bins) < 2:
        return []
    step = min(later.time - one.time for one, later in pairwise(bins))
    runs = [[place(bins[0])]]
    for before, each in pairwise(bins):
        if each.time - before.time > step:
            runs.append([])
        runs[-1].append(place(each))
    return runs


def events_chart(
    id_: str, name: str, bars: Sequence[EventBar], outcome: Outcome, clock: Clock, t: Texts
) -> Chart:
    """Each event's effect, in time order, with the range in which single days without events stray."""
    known = [bar for bar in bars if bar.effect is not None]
    values = [v for bar in known for v in (bar.effect, bar.low, bar.high) if v is not None]
    top = 34.0
    canvas = Canvas(_WIDTH, top + _ROW * len(known) + 46)
    x = _effect_axis(canvas, values, outcome, 190, top, top + _ROW * len(known) + 4, t)
    for row, bar in enumerate(known):
        middle = top + _ROW * (row + 0.6)
        started = datetime.fromtimestamp(bar.start, zone_info(clock.zone))
        canvas.text((8, middle + 4), f"{started:%Y-%m-%d %H:%M}", size=11)
        canvas.text((176, middle + 4), f"n={bar.votes}", "end", 11, GREY)
        _interval(canvas, x, middle, bar.low, bar.high)
        canvas.diamonds([(x(bar.effect or 0.0), middle)])
    caption = t("caption_events", name=name)
    rows = tuple(
        (" ".join(b.ids), iso(b.start), b.effect, b.low, b.high, b.onset_minutes, b.end_minutes, b.votes)
        for b in bars
    )
    columns = ("event", "start", "effect", "low", "high", "onset_minutes", "end_minutes", "votes")
    return Chart(id_, caption, canvas.svg(caption), columns, rows)


def evenings_chart(id_: str, name: str, evenings: Sequence[Evening], outcome: Outcome, t: Texts) -> Chart:
    """Two rows of marks: the hours of events, and the same clock hours of days without any."""
    canvas = Canvas(_WIDTH, 170)
    x = _level_scale(outcome, [each.value for each in evenings], 190, _RIGHT)
    for tick in x.ticks():
        canvas.line((x(tick), 20), (x(tick), 120))
        canvas.text((x(tick), 136), _tick(tick, outcome, t), "middle", 11, GREY)
    canvas.text(((190 + _RIGHT) / 2, 156), t(f"axis_{outcome}"), "middle", 11, GREY)
    for event, height, label in ((True, 45.0, "evenings_event"), (False, 95.0, "evenings_other")):
        mine = [each.value for each in evenings if each.event is event]
        canvas.text((8, height), t(label), size=12)
        canvas.text((8, height + 16), t("evenings_count", n=len(mine)), size=11, fill=GREY)
        # A little up and down so that equal values do not hide each other.
        marks = [(x(value), height + (index * 7 % 5 - 2) * 4.0) for index, value in enumerate(mine)]
        canvas.diamonds(marks, hollow=True) if event else canvas.discs(marks, size=7)
        if mine:
            middle = x(median(mine))
            canvas.line((middle, height - 17), (middle, height + 17), INK, 2.5)
    caption = t("caption_evenings", name=name)
    rows = tuple((iso(e.start), e.event, round(e.value, 6), e.votes, e.vantages) for e in evenings)
    return Chart(
        id_, caption, canvas.svg(caption), ("start", "event", _unit(outcome), "votes", "vantages"), rows
    )


def overview_chart(id_: str, lines: Sequence[tuple[str, Association]], outcome: Outcome, t: Texts) -> Chart:
    """All cells with an effect: estimate, interval, and the smallest effect that could have been seen."""
    known = [(name, line) for name, line in lines if line.effect is not None]
    values = [
        v
        for _, line in known
        for v in (line.effect, line.effect_low, line.effect_high, line.minimum_detectable_effect)
        if v is not None
    ]
    top, limit = 34.0, settings.RATIO if outcome == "goodput" else settings.DIFFERENCE
    bottom = top + _ROW * len(known) + 4
    canvas = Canvas(_WIDTH, bottom + 62)
    x = _effect_axis(canvas, [*values, limit], outcome, 220, top, bottom, t)
    canvas.line((x(limit), top - 4), (x(limit), bottom), GREY, 1, "4 3")
    for row, (name, line) in enumerate(known):
        middle = top + _ROW * (row + 0.6)
        canvas.text((8, middle + 4), _short(name), size=12)
        _interval(canvas, x, middle, line.effect_low, line.effect_high)
        if line.minimum_detectable_effect is not None:
            at = x(line.minimum_detectable_effect)
            canvas.line((at, middle - 7), (at, middle + 7), GREY, 2)
        found = line.verdict == "associated"
        canvas.diamonds([(x(line.effect or 0.0), middle)], hollow=not found)
    marks = [
        ("diamond", t("verdict_associated")),
        ("hollow", t("other_answers")),
        ("bar", t("smallest_seen")),
    ]
    _legend(canvas, bottom + 54, marks)
    caption = t(f"caption_overview_{outcome}")
    columns = ("cell", "verdict", "effect", "effect_low", "effect_high", "minimum_detectable_effect")
    rows = tuple(
        (name, line.verdict, *(getattr(line, column) for column in columns[2:])) for name, line in lines
    )
    return Chart(id_, caption, canvas.svg(caption), columns, rows)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def _unit(outcome: Outcome) -> str:
    return "ratio_to_control" if outcome == "goodput" else "failed_share"


def _tick(value: float, outcome: Outcome, t: Texts) -> str:
    return t.number(value, 2 if outcome == "goodput" and value < 0.1 else 1)


def _level_scale(outcome: Outcome, values: list[float], start: float, end: float) -> Scale:
    if outcome == "failure":
        return Scale(0.0, 1.0, start, end)
    low, high = min([*values, 0.5]), max([*values, 1.5])
    return Scale(max(low * 0.9, 0.01), min(high * 1.1, 100.0), start, end, log=True)


def _level_axis(canvas: Canvas, y: Scale, outcome: Outcome, t: Texts) -> None:
    for tick in y.ticks():
        canvas.line((_LEFT, y(tick)), (_RIGHT, y(tick)))
        canvas.text((_LEFT - 6, y(tick) + 4), _tick(tick, outcome, t), "end", 11, GREY)
    canvas.text((8, 18), t(f"axis_{outcome}"), size=11, fill=GREY)


def _effect_axis(
    canvas: Canvas, values: list[float], outcome: Outcome, left: float, top: float, bottom: float, t: Texts
) -> Scale:
    """A scale of effects with its ticks, words and the line of no effect; gives the scale."""
    if outcome == "goodput":
        low, high = max(min([*values, 0.45]) * 0.9, 0.01), min(max([*values, 1.6]) * 1.1, 100.0)
        x = Scale(low, high, left, _RIGHT, log=True)
        none = 1.0
    else:
        x = Scale(min([*values, -0.2]), max([*values, 0.6]), left, _RIGHT)
        none = 0.0
    for tick in x.ticks():
        canvas.line((x(tick), top - 4), (x(tick), bottom), FAINT)
        canvas.text((x(tick), bottom + 14), _tick(tick, outcome, t), "middle", 11, GREY)
    canvas.line((x(none), top - 4), (x(none), bottom), INK, 1.4)
    canvas.text((x(none), top - 10), t("no_effect"), "middle", 11, INK)
    canvas.text(((left + _RIGHT) / 2, bottom + 32), t(f"axis_effect_{outcome}"), "middle", 11, GREY)
    return x


def _interval(canvas: Canvas, x: Scale, y: float, low: float | None, high: float | None) -> None:
    if low is not None and high is not None:
        canvas.line((x(low), y), (x(high), y), USUAL, 3)


def _legend(canvas: Canvas, y: float, entries: list[tuple[str, str]]) -> None:
    step = (_WIDTH - 16) / len(entries)
    for number, (shape, words) in enumerate(entries):
        x = 8 + number * step
        if shape == "disc":
            canvas.discs([(x + 5, y - 4)], size=6)
        elif shape == "shade":
            canvas.rect((x, y - 10), 10, 12, SHADE)
        elif shape == "bar":
            canvas.line((x + 5, y - 11), (x + 5, y + 3), GREY, 2)
        else:
            canvas.diamonds([(x + 5, y - 4)], hollow=shape == "hollow")
        canvas.text((x + 15, y), words, size=11)


def of_comparison(
    id_: str, name: str, found: Comparison, outcome: Outcome, clock: Clock, t: Texts
) -> list[Chart]:
    """The charts of events and of matched evenings, where there is something to draw."""
    charts = []
    if any(bar.effect is not None for bar in found.bars):
        charts.append(events_chart(f"{id_}-events", name, found.bars, outcome, clock, t))
    if {each.event for each in found.evenings} == {True, False}:
        charts.append(evenings_chart(f"{id_}-evenings", name, found.evenings, outcome, t))
    return charts
