"""When did an event's slowness begin and end, relative to the schedule? Descriptive, per event."""

import numpy as np

from analysis.correlate import settings
from analysis.correlate.cell import Cell
from analysis.correlate.effect import Baseline

# The slow stretch must reach half of the cell's effect, or it is not called one.
_SHARE_OF_EFFECT = 0.5
# Fewer votes around an event cannot place its edges.
_VOTES = 6


def edges(cell: Cell, base: Baseline, number: int, mean: float) -> tuple[float | None, float | None]:
    """Minutes from the scheduled start to the onset and from the scheduled end to the end; None where not seen.

    The stretch of votes within the window and two hours around it whose mean stands lowest against the rest, by least
    squares over both edges (two change points, the piece in between shifted).
    """
    window = cell.windows[number]
    time = cell.votes.time
    low, high = np.searchsorted(
        time, (window.start - settings.WASHOUT_SECONDS, window.end + settings.WASHOUT_SECONDS)
    )
    use = np.arange(low, high)[base.usable[low:high]]
    if len(use) < _VOTES:
        return None, None
    residual, when = base.residual[use], time[use]
    total = np.concatenate(([0.0], np.cumsum(residual)))
    first, last = np.triu_indices(len(total), k=1)
    size = last - first
    rest = len(use) - size
    within = (total[last] - total[first]) / size
    without = np.divide(
        total[-1] - (total[last] - total[first]), rest, out=np.zeros(len(size)), where=rest > 0
    )
    gain = size * rest / len(use) * (within - without) ** 2
    good = (within <= _SHARE_OF_EFFECT * mean) & (rest > 0)
    if mean >= 0 or not good.any():
        return None, None
    best = int(np.argmax(np.where(good, gain, -1.0)))
    onset = None if first[best] == 0 else float(when[first[best]] - window.start) / 60
    # The end is the first vote that is well again; slow to the edge of what was looked at means: not seen.
    end = None if last[best] == len(use) else float(when[last[best]] - window.end) / 60
    return onset, end
