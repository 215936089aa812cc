"""Further series of a session: the same comparison over QUIC, and upwards. Each is decided on its own pairs alone.

The platform's verdict is that of its TCP downloads; an upload that is slowed makes it `throttled` too, since it is the
same name on the same kind of connection. QUIC is told beside it, as in reachability: browsers fall back to TCP.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Final

from msgspec import structs

from measurements.records import Direction, SeriesLine, ThrottleLine, Transport
from measurements.throttle.decision import FamilyDecision, decide, decide_arm
from measurements.throttle.evidence import SessionEvidence
from measurements.throttle.flow import Arm
from measurements.throttle.pair import Measured, Pair, measure, pair_use
from measurements.throttle.signature import signature
from measurements.throttle.thresholds import THRESHOLDS as T


@dataclass(frozen=True, slots=True)
class Series:
    """How bytes move."""

    protocol: Transport
    direction: Direction


QUIC: Final = Series("quic", "download")
UPLOAD: Final = Series("tcp", "upload")
SERIES: Final = (QUIC, UPLOAD)  # in this order

# The decision needs three pairs in four to be slower by half; four pairs that are not will not become that by ten.
# Ending there can only miss, never raise a false alarm: fewer sessions reach a look.
SCREEN: Final = 4
NO_SIGN: Final = "no_sign"


def wanted(main: FamilyDecision, bytes_matter: bool) -> tuple[Series, ...]:
    """Which series are worth their bytes once the TCP downloads are decided.

    Pairs must have been possible: arms without a look, or on a slow line, would be so again. A slowed platform leaves
    the question whether QUIC escapes; on a line that costs money not even that.
    """
    if main.verdict == "throttled":
        return () if bytes_matter else (QUIC,)
    compared = any(
        each.facts.look is not None and each.rule != "slow_line"
        for arm, each in main.arms.items()
        if arm != "foreign"
    )
    return SERIES if compared and main.reason != "network_changed" else ()


def goes_on(evidence: SessionEvidence, arm: Arm) -> bool:
    """Whether a further pair of the arm is worth its bytes: it is undecided, and its first pairs looked slow."""
    begun = any(pair.arm == arm for pair in evidence.pairs)
    return not begun or (decide_arm(evidence, arm).open and not _screened(evidence, arm))


def decide_series(evidence: SessionEvidence) -> FamilyDecision:
    """The decision on the series' own pairs; `no_sign` where the first ones ended it."""
    found = decide(evidence)
    if found.reason == "few_pairs" and all(_screened(evidence, arm) for arm in evidence.arms):
        return replace(found, reason=NO_SIGN)
    return found


def with_series(line: ThrottleLine, seen: Sequence[SessionEvidence]) -> ThrottleLine:
    """The platform's line with its further series."""
    series = tuple(map(_series_line, seen))
    quic_alone = line.verdict != "throttled" and any(
        each.protocol == "quic" and each.verdict == "throttled" for each in series
    )
    words = [line.reason, "quic_slowed" if quic_alone else None]
    return structs.replace(line, series=series, reason=", ".join(word for word in words if word) or None)


def _series_line(evidence: SessionEvidence) -> SeriesLine:
    """The series' part of the platform's `throttle` line."""
    found = decide_series(evidence)
    contrast = found.contrast
    return SeriesLine(
        protocol=evidence.protocol,
        direction=evidence.direction,
        verdict=found.verdict,
        ratio=contrast.ratio if contrast else None,
        ratio_low=contrast.low if contrast else None,
        ratio_high=contrast.high if contrast else None,
        p_value=contrast.p if contrast else None,
        pairs=max((each.facts.counted for each in found.arms.values()), default=0),
        control_arm=found.deciding,
        effective_bytes_per_second=signature(evidence, found).rate,
        reason=found.reason,
    )


def _screened(evidence: SessionEvidence, arm: Arm) -> bool:
    """Enough pairs of the arm to see that it does not look slow."""
    pairs = [pair for pair in evidence.pairs if pair.arm == arm]
    return len(pairs) >= SCREEN and not _looks_slow(pairs)


def _looks_slow(pairs: Sequence[Pair]) -> bool:
    """Three in four of the pairs that count are slower by half, in goodput or in a handshake of seconds."""
    slow = [_slow(measure(pair)) for pair in pairs if pair_use(pair) == "counts"]
    return bool(slow) and sum(slow) >= T.often * len(slow)


def _slow(seen: Measured) -> bool:
    by_half = log(T.half)
    long = (seen.target_handshake or 0.0) >= T.slow_handshake
    return seen.d < by_half or (long and (seen.handshake_d or 0.0) < by_half)
