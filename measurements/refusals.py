"""Servers that ask us to stay away: one attempt, then a day's pause (DESIGN section 2, rule 8)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from measurements.records import Observation

TOO_MANY: Final = 429
LEAVE_ALONE: Final = frozenset({403, TOO_MANY})
PAUSE: Final = timedelta(days=1)

# (role, platform or control, endpoint)
Page = tuple[str, str, str]


def refused_pages(rows: Iterable[Observation], now: datetime) -> frozenset[Page]:
    """Pages that a round was refused in the last day, also where the targets file allows for such an answer.

    In clear text the refusal may be a censor's, and the platform has asked for nothing.
    """
    return frozenset(
        (row.role, row.platform, row.endpoint) for row in rows if row.time > now - PAUSE and _refused(row)
    )


def _refused(row: Observation) -> bool:
    encrypted = row.probe == "quic" or (row.probe == "http" and row.tls is not None)
    return encrypted and row.http is not None and row.http.status in LEAVE_ALONE
