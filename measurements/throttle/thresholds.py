"""Every number of the decision, as one table of data with its reason. Change one: change `RULES_VERSION` too."""

from dataclasses import dataclass, field, fields
from typing import Any, Final

RULES_VERSION: Final = "throttle-7"


def _because(value: Any, why: str) -> Any:
    return field(default=value, metadata={"why": why})


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Rates in bytes per second, times in seconds, shares and ratios as fractions."""

    looks: tuple[int, ...] = _because(
        (10, 14, 18), "10 is the least at which one test can reach .001; 18 ends a session"
    )
    alphas: tuple[float, ...] = _because(
        (0.001, 0.0005, 0.0005), "sums to .002 a platform and arm, whatever the look"
    )
    half: float = _because(0.5, "milder slowing cannot be told from peering and server load by one line")
    often: float = _because(0.75, "a cap slows nearly every pair; cache misses and busy servers slow some")
    mild: float = _because(
        0.8, "surely below this, though not by half: a cap near the line's speed, or a lesser server"
    )
    bound_alpha: float = _because(0.05, "one-sided 95 % bounds of the Hodges-Lehmann ratio")
    contrast: float = _because(
        4.0, "known caps are 6 to 100 times below the line; a cap near its speed is not seen"
    )
    slow_line: float = _because(125_000.0, "1 Mbit/s: below it the line itself is as slow as a cap would be")
    max_share: float = _because(0.2, "beyond a fifth of lost pairs the rest may be chosen by the loss")
    min_lost: int = _because(3, "one or two lost pairs are an accident, not a share")
    noise_pairs: int = _because(
        8, "fewer control-control pairs give an interval wider than 0.5-2 by themselves"
    )
    baseline_pairs: int = _because(10, "as many as a first look has")
    baseline_days: int = _because(3, "one odd evening must not be the baseline")
    rtt_ratio: tuple[float, float] = _because(
        (0.75, 1.33), "loss slows a flow as 1/RTT, so unlike paths react unlike"
    )
    slow_handshake: float = _because(
        1.0, "half of the least seen: handshakes of 2-4 s and more, on Kazakh news sites in 2022-23"
    )
    session_seconds: float = _because(3600.0, "longer sessions mix hours, and lines change by the hour")
    cut_side: int = _because(4, "fewer pairs on one side of a change are an outlier, not a level")
    cut_gap: float = _because(2.0, "levels less than this factor apart overlap in ordinary drift")
    tariff_rate: float = _because(
        156_250.0,
        "the slowest tariff class known is 1.5 Mbit/s, and a policer passes at least .85 of its rate",
    )
    before_flows: int = _because(3, "fewer give a shift against 10 later controls no bound")
    residual_alpha: float = _because(
        0.2,
        "a marked address slows tenfold and shows at any level; a stricter one calls a drifting line marked",
    )
    line_loss: float = _because(
        0.01,
        "share of segments out of order, above twice the usual one, from which congestion controls differ",
    )


THRESHOLDS: Final = Thresholds()
# (name, value, reason) for the documentation and `efir explain`.
TABLE: Final = tuple((each.name, each.default, str(each.metadata["why"])) for each in fields(Thresholds))
