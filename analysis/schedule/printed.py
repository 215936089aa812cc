"""Times of a schedule as text for people and programs."""

from datetime import UTC, datetime


def iso(second: int) -> str:
    """ISO 8601 in UTC."""
    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")
