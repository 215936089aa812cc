"""The pairs behind a throttling verdict: a table, and the course of one pair's two flows in the terminal."""

from collections.abc import Sequence
from statistics import median_low
from typing import Final

from efir import words
from efir.i18n import _
from efir.output import Output
from measurements.records import Observation

WIDTH: Final = 56  # columns of the plot; with its margins it fits 80
HEIGHT: Final = 12
TARGET, CONTROL, BOTH = "#", "o", "@"


def show_pairs(out: Output, rows: Sequence[Observation]) -> None:
    """Print every pair among `rows` (transfers of one session, in any order) and plot the middle one of TCP downloads.

    Where there are none, the middle one of all.
    """
    pairs = pairs_of(rows)
    if not pairs:
        out.text(_("No pairs were measured."))
        return
    for target, control in pairs:
        out.text(pair_text(target, control))
    main = [pair for pair in pairs if pair[0].transfer and pair[0].transfer.main] or pairs
    middle = median_low(range(len(main)))
    target, control = sorted(main, key=_ratio)[middle]
    out.text("")
    for line in plot(target, control):
        out.text(line)


def pairs_of(rows: Sequence[Observation]) -> list[tuple[Observation, Observation]]:
    """(target, control) of each decision or long pair whose two flows are among `rows`, in the order of the wire."""
    flows: dict[str, dict[str, Observation]] = {}
    for row in sorted(rows, key=lambda row: row.time):
        if row.transfer and row.transfer.pair and row.transfer.purpose != "noise":
            flows.setdefault(row.transfer.pair, {})[row.role] = row
    return [(pair["target"], pair["control"]) for pair in flows.values() if len(pair) == 2]


def pair_text(target: Observation, control: Observation) -> str:
    """`18:03:11 helper  target 19.8 kB/s  control 780.2 kB/s  ratio 0.025`."""
    facts = target.transfer
    assert facts is not None
    ratio = _ratio((target, control))
    long = [_("(long)")] if facts.purpose == "long" else []
    parts = [
        target.time.strftime("%H:%M:%S"),
        " ".join([*words.series(facts.protocol, facts.direction), str(facts.arm), *long]),
        _("target {speed}").format(speed=_speed(target)),
        _("control {speed}").format(speed=_speed(control)),
        _("ratio {ratio}").format(ratio="-" if ratio == float("inf") else f"{ratio:.2g}"),
    ]
    return "  ".join(parts)


def plot(target: Observation, control: Observation) -> list[str]:
    """Bytes over time of both flows as lines of text; the axes end at the larger of both."""
    flows = [(mark, each.transfer) for mark, each in ((CONTROL, control), (TARGET, target)) if each.transfer]
    end = max((facts.times[-1] for _, facts in flows if facts.times), default=0.0) or 1.0
    most = max((facts.bytes[-1] for _, facts in flows if facts.bytes), default=0) or 1
    grid = [[" "] * WIDTH for _ in range(HEIGHT)]
    for mark, facts in flows:
        for time, size in zip(facts.times, facts.bytes, strict=True):
            column = min(WIDTH - 1, int(time / end * WIDTH))
            row = HEIGHT - 1 - min(HEIGHT - 1, int(size / most * HEIGHT))
            grid[row][column] = mark if grid[row][column] in (" ", mark) else BOTH
    top = f"{most / 1000:.0f} kB"
    lines = [f"{top if index == 0 else '':>9} |{''.join(line).rstrip()}" for index, line in enumerate(grid)]
    axis = f"{'0':>9} +{'-' * WIDTH}"
    legend = _("{target} target   {control} control   {both} both; {end} seconds across").format(
        target=TARGET, control=CONTROL, both=BOTH, end=f"{end:.2g}"
    )
    return [*lines, axis, f"{'':>10}{legend}"]


def _speed(row: Observation) -> str:
    if row.failure:
        return str(row.failure)
    speed = row.transfer.goodput if row.transfer else None
    return "-" if speed is None else f"{speed / 1000:.1f} kB/s"


def _ratio(pair: tuple[Observation, Observation]) -> float:
    """Infinite where it is not known, so that such pairs sort last."""
    speeds = [each.transfer.goodput if each.transfer else None for each in pair]
    return speeds[0] / speeds[1] if speeds[0] is not None and speeds[1] else float("inf")
