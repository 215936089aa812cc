"""Our own observations as rows of the flat table."""

from analysis.flat import STORED_NAMES
from measurements.records import Observation

# Handshakes with the neutral name are made to compare with; they are not the platform's.
NEUTRAL = "neutral_sni"


def flat_row(o: Observation) -> tuple[object, ...] | None:
    """The stored row, or None for what is no evidence: cancelled, measured wrongly, or a comparison only."""
    if o.failure == "interrupted" or NEUTRAL in o.flags or (o.probe == "transfer" and o.flags):
        return None
    transfer = o.transfer
    values: dict[str, object] = {
        "time": o.time,
        "vantage": o.vantage,
        "asn": o.asn,
        "country": o.country,
        "access": o.access,
        "platform": o.platform,
        "endpoint": o.endpoint,
        "role": o.role,
        "probe": o.probe,
        "pair": transfer.pair if transfer else None,
        "arm": transfer.arm if transfer else None,
        "stage": o.stage,
        "failure": o.failure,
        "seconds": _seconds(o),
        "bytes": o.bytes_received,
        "goodput_bytes_per_second": transfer.goodput if transfer else None,
        "origin": "efir",
    }
    return tuple(values.get(name) for name in STORED_NAMES)


def _seconds(o: Observation) -> float | None:
    """Of a transfer the time since the body's first byte, so that bytes / seconds is a rate; else all phases."""
    phases = o.phases
    if o.probe == "transfer":
        return phases.transfer
    known = [p for p in (phases.resolve, phases.connect, phases.tls, phases.first_byte, phases.transfer) if p]
    return sum(known) if known else None
