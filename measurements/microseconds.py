"""Times as whole microseconds since 1970, as stores keep them: exact (a float would round), and in order."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(time: datetime) -> int:
    """Whole microseconds since 1970 at `time`, which names its zone."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(value: int) -> datetime:
    """The UTC time of a `time` column."""
    return _EPOCH + timedelta(microseconds=value)
