"""A plain observation, for tests that care about one or two of its fields only."""

from datetime import UTC, datetime
from typing import Any

from measurements.records import Observation


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
