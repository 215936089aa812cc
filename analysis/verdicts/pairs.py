"""Throttling in an hour of a flat table, by the probe's own test and thresholds (DESIGN section 7)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import log
from typing import Any, Final

from measurements.rules.judgement import Judgement
from measurements.throttle.contrast import contrast, medians
from measurements.throttle.thresholds import THRESHOLDS

# One row a pair whose two flows ran; `{hour}`, `{goodput}` and `{epoch}` are an engine's expressions.
QUERY: Final = """
WITH flows AS (
    SELECT vantage, {hour} AS hour, platform, pair, arm, role, {epoch} AS t, {goodput} AS goodput
    FROM flat WHERE origin = 'flat' AND probe = 'transfer' AND pair IS NOT NULL AND failure IS NULL
)
SELECT t.vantage AS vantage, t.hour AS hour, t.platform AS platform, c.arm AS arm,
       t.goodput AS target, c.goodput AS control
FROM (SELECT * FROM flows WHERE role = 'target' AND goodput > 0) AS t
JOIN (SELECT * FROM flows WHERE role = 'control' AND goodput > 0) AS c
  ON t.vantage = c.vantage AND t.pair = c.pair
WHERE abs(t.t - c.t) <= 3600
ORDER BY vantage, hour, platform, arm
"""

# Foreign controls decide only on the difference from their own baseline, which an hour does not hold.
_DECIDING: Final = ("helper", "same_address")


def throttled(pairs: Iterable[Mapping[str, Any]]) -> Judgement | None:
    """`throttled` if an arm of one platform and hour shows it; None = not shown."""
    by_arm: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for pair in pairs:
        if pair["arm"] in _DECIDING:
            by_arm[pair["arm"]].append((pair["target"], pair["control"]))
    for arm, flows in by_arm.items():
        looks = [
            alpha for n, alpha in zip(THRESHOLDS.looks, THRESHOLDS.alphas, strict=True) if len(flows) >= n
        ]
        if not looks:
            continue
        target, control = medians(flows)
        result = contrast([log(t / c) for t, c in flows], target, control)
        if control >= THRESHOLDS.slow_line and result.clearly_worse(looks[-1]):
            return Judgement(
                rule="hour-of-pairs",
                verdict="throttled",
                stage="transfer",
                reason=f"{result.n} pairs against {arm}: {result.ratio:.2f} of the control's goodput, "
                f"at most {result.high:.2f}",
            )
    return None
