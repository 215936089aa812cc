"""How sending stands, as the spool keeps it: when next, what went wrong, what the last day's sending cost."""

from typing import Final

import msgspec

from measurements.store import Spool

# Under this name the spool keeps it.
_META: Final = "upload"
_DAY: Final = 86_400.0


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How sending stands; times in Unix seconds by the device's clock."""

    due: float | None = None  # when to send next
    failures: int = 0  # attempts in a row that did not go through
    last_success: float | None = None
    problem: str = ""  # of the last attempt, "" after a success
    costs: tuple[tuple[float, int], ...] = ()  # of the last day: when, and bytes both ways


def standing(spool: Spool) -> Standing:
    """As the spool keeps it. Raises StoreError."""
    return msgspec.convert(spool.meta(_META, {}), Standing)


def keep(spool: Spool, stands: Standing) -> None:
    """Keep it. Raises StoreError."""
    spool.set_meta(_META, stands)


def with_cost(stands: Standing, now: float, cost: int) -> tuple[tuple[float, int], ...]:
    """The day's costs with this one; those of earlier days are forgotten."""
    new = ((now, cost),) if cost else ()
    return tuple(each for each in stands.costs if each[0] >= now - _DAY) + new


def sent_since(spool: Spool, since: float) -> int:
    """Bytes both ways that sending has cost since then, at most a day ago. Raises StoreError."""
    return sum(cost for at, cost in standing(spool).costs if at >= since)
