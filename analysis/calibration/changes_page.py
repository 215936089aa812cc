"""docs/calibration-changes.md: the figures of one run, nothing typed by hand."""

from collections.abc import Sequence

from analysis.calibration.level_changes import HARMS, PROMISED
from analysis.calibration.page import figure, table
from analysis.calibration.promises import standard_error
from analysis.changes.detect import CONFIDENCE

FalseAlarms = Sequence[tuple[str, float]]  # name of the row, share of cells
Power = Sequence[tuple[str, int, Sequence[float]]]  # line, hours, share found for each harm


def broken_changes(nulls: FalseAlarms, cells: int) -> list[str]:
    """Rows that do not keep what is promised, in words; two standard errors are allowed for chance."""
    allowed = PROMISED + 2 * standard_error(PROMISED, cells)
    return [f"false changes {rate:.3f}: {name}" for name, rate in nulls if rate > allowed]


def write_changes(nulls: FalseAlarms, power: Power, cells: tuple[int, int], made_with: str) -> str:
    """The page as Markdown. `cells`: of a row of false alarms, and of a figure of power."""
    parts = [
        "# How often `efir changes` errs",
        f"Written by `make calibrate`; do not edit. {cells[0]} simulated cells a row of false alarms, {cells[1]} a "
        f"figure of power. {made_with}",
        "A cell is 60 days of half-hourly pairs on one line, as in [calibration.md](calibration.md), without any "
        "event. The rows are data: `analysis/calibration/level_changes.py`.",
        "## False alarms",
        f"Share of cells with any change. From confidence {CONFIDENCE} on a change is reported, so "
        f"{1 - CONFIDENCE:.2f} is what to expect; promised: at most {PROMISED:.2f}, two standard errors allowed "
        f"({2 * standard_error(PROMISED, cells[0]):.3f}).",
        table(("what happens", "false alarms"), [(name, figure(rate)) for name, rate in nulls]),
        "## Power",
        "Share of cells in which the onset of harm is found, within two hours or a quarter of its duration. Changes by "
        "less than a factor of 1.5 (of failures: 0.3) are not reported, so 33 % is just at the limit, and 20 % is seen "
        "only where chance adds to it.",
        table(
            ("line", "lasts", *(f"{harm:.0%}" for harm in HARMS)),
            [(name, f"{hours} h", *map(figure, shares)) for name, hours, shares in power],
        ),
        "A single window of three hours can hardly be told from noise on a noisy line; windows that come back are "
        "for `efir correlate`, which adds them up.",
    ]
    return "\n\n".join(parts) + "\n"
