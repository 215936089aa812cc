"""Files of a report: each written whole or not at all."""

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from analysis.report.charts import Chart

# Twice the drawing's own size: sharp in print.
_ZOOM: Final = 2.0
# A field that begins so is a formula to spreadsheets; ids of events come from whoever wrote the schedule.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def save_whole(path: Path, content: bytes) -> None:
    """Write `content`, replacing the file in one step. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    os.replace(part, path)


def save_charts(folder: Path, charts: Iterable[Chart]) -> None:
    """`ID.csv`, `ID.svg` and `ID.png` of each chart. Raises OSError."""
    from resvg_py import svg_to_bytes

    for chart in charts:
        save_whole(folder / f"{chart.id}.csv", table(chart).encode())
        save_whole(folder / f"{chart.id}.svg", chart.svg.encode())
        picture = svg_to_bytes(svg_string=chart.svg, background="white", zoom=_ZOOM)
        save_whole(folder / f"{chart.id}.png", bytes(picture))


def table(chart: Chart) -> str:
    """The chart's figures as CSV; numbers with a point, nothing for what is not known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(chart.columns)
    writer.writerows([_field(value) for value in row] for row in chart.rows)
    return text.getvalue()


def _field(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else str(value)
