"""Drawing: a canvas of SVG elements, scales and ticks. Everything that is written is escaped here, and only here."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

# Okabe and Ito's palette: told apart with any kind of colour vision; shapes and words say the same.
INK = "#1a1a1a"
GREY = "#6b6b6b"
FAINT = "#d9d9d9"
SHADE = "#f3dcc2"
USUAL = "#0072b2"
EVENT = "#b34700"
# Of a diamond, in units of the view box.
_HALF_DIAGONAL = 4

Point = tuple[float, float]


@dataclass
class Canvas:
    """Elements of one picture, in units of its view box."""

    width: float
    height: float
    parts: list[str] = field(default_factory=list)

    def add(self, element: str, content: str = "", **attributes: object) -> None:
        """One element; names of attributes with `_` for `-`."""
        named = "".join(
            f" {name.rstrip('_').replace('_', '-')}={quoteattr(_text(value))}"
            for name, value in attributes.items()
        )
        self.parts.append(
            f"<{element}{named}>{escape(content)}</{element}>" if content else f"<{element}{named}/>"
        )

    def text(self, at: Point, content: str, anchor: str = "start", size: int = 12, fill: str = INK) -> None:
        self.add(
            "text",
            content,
            x=at[0],
            y=at[1],
            text_anchor=anchor,
            font_size=size,
            fill=fill,
            font_family="DejaVu Sans, Arial, sans-serif",
        )

    def line(self, one: Point, other: Point, colour: str = FAINT, width: float = 1, dash: str = "") -> None:
        dashed = {"stroke_dasharray": dash} if dash else {}
        self.add(
            "line",
            x1=one[0],
            y1=one[1],
            x2=other[0],
            y2=other[1],
            stroke=colour,
            stroke_width=width,
            **dashed,
        )

    def rect(self, corner: Point, width: float, height: float, fill: str) -> None:
        self.add("rect", x=corner[0], y=corner[1], width=width, height=height, fill=fill)

    def discs(self, points: Iterable[Point], size: float) -> None:
        """Round dots as one path: hundreds of points cost little."""
        path = "".join(f"M{_text(x)} {_text(y)}h0" for x, y in points)
        if path:
            self.add("path", d=path, stroke=USUAL, stroke_width=size, stroke_linecap="round", fill="none")

    def diamonds(self, points: Iterable[Point], hollow: bool = False) -> None:
        """Diamonds as one path."""
        s = _text(_HALF_DIAGONAL)
        path = "".join(
            f"M{_text(x - _HALF_DIAGONAL)} {_text(y)}l{s} -{s}l{s} {s}l-{s} {s}z" for x, y in points
        )
        if path:
            self.add("path", d=path, fill="#ffffff" if hollow else EVENT, stroke=EVENT)

    def polylines(self, runs: Iterable[Sequence[Point]], colour: str) -> None:
        """Lines through runs of points; a gap lies between two runs."""
        path = "".join(
            "M" + "L".join(f"{_text(x)} {_text(y)}" for x, y in run) for run in runs if len(run) > 1
        )
        if path:
            self.add("path", d=path, stroke=colour, stroke_width=1, fill="none", stroke_opacity=0.55)

    def svg(self, title: str) -> str:
        """The picture; `title` is what a screen reader says."""
        body = "\n".join(self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_text(self.width)} {_text(self.height)}" '
            f'role="img">\n<title>{escape(title)}</title>\n{body}\n</svg>'
        )


def _text(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Scale:
    """Data [low, high] -> units of the view box [start, end]; values beyond are drawn at the edge."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, value = (
            (math.log(v) for v in (self.low, self.high, value))
            if self.log
            else (
                self.low,
                self.high,
                value,
            )
        )
        share = min(max((value - low) / (high - low), 0.0), 1.0)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Round values inside the scale, four to eight."""
        if self.log:
            return [tick for tick in _RATIOS if self.low <= tick <= self.high]
        step = next(step for step in _STEPS if (self.high - self.low) / step <= _MOST_TICKS)
        first, last = math.ceil(self.low / step - _ROUNDING), math.floor(self.high / step + _ROUNDING)
        return [round(number * step, 4) for number in range(first, last + 1)]


_RATIOS = (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
_STEPS = (0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 10.0)
_MOST_TICKS = 7  # of more the figures would touch each other
# A bound that is a tick stays one in spite of binary fractions.
_ROUNDING = 1e-9
