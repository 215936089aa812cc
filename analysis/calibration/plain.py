"""The plain tests that people reach for, for comparison only: they raise false alarms by the dozen on such data."""

import numpy as np

from analysis.calibration.lines import Simulated
from analysis.correlate.types import Floats


def plain_p_values(line: Simulated) -> dict[str, float]:
    """One-sided p-values (slower inside): Mann-Whitney, Kolmogorov-Smirnov, regression on the control."""
    from scipy import stats

    target, control = line.target.ravel(), line.control.ravel()
    inside = np.tile(line.inside, len(line.target))
    seen = np.isfinite(target) & np.isfinite(control)
    y, x, event = target[seen], control[seen], inside[seen]
    if not event.any():
        return {}
    return {
        "Mann-Whitney, goodput": float(stats.mannwhitneyu(y[event], y[~event], alternative="less").pvalue),
        "Kolmogorov-Smirnov, goodput": float(
            stats.ks_2samp(y[event], y[~event], alternative="greater").pvalue
        ),
        "Mann-Whitney, ratio to control": float(
            stats.mannwhitneyu((y - x)[event], (y - x)[~event], alternative="less").pvalue
        ),
        "regression on the control": _regression(y, x, event.astype(np.float64)),
    }


def _regression(y: Floats, control: Floats, event: Floats) -> float:
    """Ordinary least squares of y on the event and the control, with the usual standard errors."""
    from scipy import stats

    design = np.column_stack([event, control, np.ones(len(y))])
    inverse = np.linalg.inv(design.T @ design)
    slope = inverse @ (design.T @ y)
    rest = y - design @ slope
    error = np.sqrt(rest @ rest / (len(y) - 3) * inverse[0, 0])
    return float(stats.norm.cdf(slope[0] / error))
