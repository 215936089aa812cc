"""Plain records, for tests that care about one or two of their fields only."""

from datetime import UTC, datetime
from typing import Any

from measurements.records import Observation, SummaryLine


def observation(**fields: Any) -> Observation:
    """A connection to YouTube that worked, but for the fields that are given."""
    plain: dict[str, Any] = {
        "id": "o",
        "run_id": "r",
        "vantage": "v",
        "time": datetime(2026, 3, 1, tzinfo=UTC),
        "platform": "youtube",
        "endpoint": "web",
        "role": "target",
        "probe": "tcp",
    }
    return Observation(**plain | fields)


def summary(run_id: str = "r", **fields: Any) -> SummaryLine:
    """Of a round on a line that works: 3 kB in 5 seconds."""
    plain: dict[str, Any] = {
        "online": True,
        "international_cut": False,
        "controls_ok": 7,
        "controls_total": 7,
        "bytes_sent": 1000,
        "bytes_received": 2000,
        "duration_seconds": 5.0,
    }
    return SummaryLine(run_id=run_id, **plain | fields)
