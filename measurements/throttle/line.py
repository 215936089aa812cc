"""The `throttle` line of the NDJSON contract."""

from measurements.records import ThrottleLine
from measurements.throttle.decision import PlatformDecision
from measurements.throttle.scope import Scope
from measurements.throttle.signature import Signature


def throttle_line(
    decision: PlatformDecision,
    found: Signature,
    scope: Scope | None,
    bytes_received: int,
    duration_seconds: float,
) -> ThrottleLine:
    """One line a platform and session; `reason` holds the reason's word and the notes' words, with commas."""
    family = decision.family
    contrast = family.contrast
    words = ([family.reason] if family.reason else []) + list(family.notes)
    return ThrottleLine(
        platform=decision.platform,
        verdict=decision.verdict,
        ratio=contrast.ratio if contrast else None,
        ratio_low=contrast.low if contrast else None,
        ratio_high=contrast.high if contrast else None,
        p_value=contrast.p if contrast else None,
        pairs=max((each.facts.counted for each in family.arms.values()), default=0),
        control_arm=family.deciding,
        mechanism=found.mechanism,
        effective_bytes_per_second=found.rate,
        burst_bytes=found.burst,
        scope=scope,
        up_to_bytes=family.up_to_bytes,
        up_to_seconds=family.up_to_seconds,
        reason=", ".join(dict.fromkeys(words)) or None,
        bytes_received=bytes_received,
        duration_seconds=duration_seconds,
    )
