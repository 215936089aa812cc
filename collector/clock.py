"""A device's clock against ours. Pure; all times are whole microseconds since 1970, UTC."""

from dataclasses import dataclass
from typing import Final, Literal

SECOND: Final = 1_000_000
# A batch spends seconds on the way at most; more than this is the clock's fault (ecosystem practice: 300 s).
TRUSTED_OFFSET: Final = 300 * SECOND
# Nothing can have been measured later than now; ten minutes allow for a clock that drifts between sync and upload.
FUTURE: Final = 600 * SECOND

Problem = Literal["future"]


@dataclass(frozen=True)
class Placed:
    """Where a result belongs in time; the raw time is kept beside it."""

    time: int
    corrected: bool = False
    problem: Problem | None = None


def offset(sent_at: int, received: int, carried: bool) -> int | None:
    """How far the device's clock is behind ours; None for a batch carried by hand, whose way took unknown time."""
    return None if carried else received - sent_at


def place(raw: int, behind: int | None, received: int) -> Placed:
    """The time to use for a result measured at `raw` by a clock that was `behind` (see `offset`) when it was sent.

    A clock that was set between measuring and sending makes the corrected time wrong; it shows when that lies in the
    future and the raw one does not.
    """
    latest = received + FUTURE
    if behind is not None and abs(behind) > TRUSTED_OFFSET and raw + behind <= latest:
        return Placed(raw + behind, corrected=True)
    return Placed(raw, problem=None if raw <= latest else "future")
