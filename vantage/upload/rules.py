"""When to send, and what an answer means. Pure: time and chance are arguments.

The retry contract is that of Prometheus remote write: 2xx is done, 4xx is final but for 408, 425 and 429, 5xx and a
broken connection are tried again after a jittered, growing pause.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

# A record sent at once would tell whoever watches the line when something was found.
LATER: Final = (3_600.0, 86_400.0)  # seconds: 1-24 h after the first result that waits
LIVE: Final = (0.0, 600.0)  # seconds: within 10 minutes, for those who agreed to live results
# Pauses double from the first to the longest; an outage of days costs one attempt every six hours.
_FIRST_PAUSE: Final = 30.0
_LONGEST_PAUSE: Final = 21_600.0
# A server that asks for more has forgotten us; a day is the longest that results wait on its word.
_LONGEST_WISH: Final = 86_400.0
_RETRIED_4XX: Final = frozenset({408, 425, 429})


class Outcome(Enum):
    """What one attempt came to."""

    DONE = "done"
    AGAIN = "again"
    REFUSED = "refused"  # this collector will never take it


@dataclass(frozen=True)
class Next:
    """What to do after an attempt; `wait` is the least pause in seconds before the next one."""

    outcome: Outcome
    wait: float = 0.0


def send_after(live: bool, chance: Callable[[], float]) -> float:
    """Seconds to wait before results that have just been stored are sent. `chance()` is uniform in [0, 1)."""
    low, high = LIVE if live else LATER
    return low + (high - low) * chance()


def planned(due: float | None, now: float, live: bool, retrying: bool, chance: Callable[[], float]) -> float:
    """When to send: as `due` says, unless there is none yet, or none of these rules can have set it.

    A time too far ahead was set by a clock that was wrong, or before the person agreed to live results. Unix seconds.
    """
    longest = _LONGEST_WISH if retrying else (LIVE if live else LATER)[1]
    if due is None or due - now > longest:
        return now + send_after(live, chance)
    return due


def pause(attempt: int, chance: Callable[[], float]) -> float:
    """Seconds before the try after failed try number `attempt` (from 1): half of the span fixed, half jittered."""
    span = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(attempt - 1, 20))
    return span * (0.5 + 0.5 * chance())


def after(
    status: int | None, retry_after: str | None, attempt: int, chance: Callable[[], float], proven: bool
) -> Next:
    """What an answer means; `status` None = no answer at all.

    `proven`: the answer bears the operator's MAC. A 2xx without it comes from somebody else (a login page).
    """
    if status is not None and 200 <= status < 300 and proven:
        return Next(Outcome.DONE)
    if status is not None and 400 <= status < 500 and status not in _RETRIED_4XX:
        return Next(Outcome.REFUSED)
    return Next(Outcome.AGAIN, max(pause(attempt, chance), _wish(retry_after)))


def _wish(retry_after: str | None) -> float:
    """Seconds that the server asks for (RFC 9110, 10.2.3); a date is not used: clocks here are not trusted."""
    text = (retry_after or "").strip()
    return min(float(text), _LONGEST_WISH) if text.isascii() and text.isdigit() else 0.0
