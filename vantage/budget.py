"""How many bytes a day may cost, and what of that throttling sessions may take. Pure but for `spent_today`.

A day is the last 24 hours, so that midnight is no second helping. The cadence comes first: sessions get what it leaves,
or else one slow evening would end in a night without measurements, and the day's shape would tell of the evening.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from measurements.records import Observation
from measurements.store import Spool
from probes.sessions.pairs import Ledger
from probes.sessions.plan import METERED_BUDGET, UNMETERED_BUDGET
from probes.sessions.sentinel import FLOW_COST
from vantage.cadence import Every, Kind
from vantage.consent import Consent
from vantage.line import Stated
from vantage.upload.standing import sent_since

DAY: Final = timedelta(days=1)
# What `make bench` holds a round of the shipped targets to.
ROUND_BYTES: Final = 1_500_000


def is_metered(said: str, stated: Stated | None, consent: Consent) -> bool:
    """Whether data cost money: by the option (`yes`, `no`, `auto`), else as stated once, else by how consent came.

    A person's line is metered until they say otherwise; a server's (`efir consent --accept`) is not.
    """
    if said != "auto":
        return said == "yes"
    known = stated.metered if stated else None
    return consent.interactive if known is None else known


def limit(metered: bool) -> int:
    """Bytes a day, both ways."""
    return METERED_BUDGET if metered else UNMETERED_BUDGET


def planned(shape: dict[Kind, Every], platforms: int) -> int:
    """Bytes that a day of the cadence may cost, sessions apart."""
    cost: dict[Kind, int] = {"sentinels": 2 * FLOW_COST * platforms, "round": ROUND_BYTES}
    return sum(cost[kind] * every.a_day for kind, every in shape.items())


def spent(rows: Iterable[Observation], now: datetime) -> Ledger:
    """What the observations of the last 24 hours have cost."""
    ledger = Ledger()
    for row in rows:
        if row.time >= now - DAY:
            ledger.add(row)
    return ledger


def spent_today(spool: Spool, now: datetime) -> Ledger:
    """What the last 24 hours have cost, measuring and sending together. Raises StoreError."""
    ledger = spent(spool.observations(since=now - DAY), now)
    ledger.total += sent_since(spool, (now - DAY).timestamp())
    return ledger


def for_sessions(rows: Iterable[Observation], now: datetime, metered: bool, planned_bytes: int) -> int:
    """Bytes that sessions may still take today beside the cadence."""
    paired = spent(
        (row for row in rows if row.transfer and row.transfer.purpose not in (None, "sentinel")), now
    )
    return max(0, limit(metered) - planned_bytes - paired.total)
