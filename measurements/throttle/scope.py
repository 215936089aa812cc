"""What shares the slowing: one connection, a name, an address, or the whole subscriber."""

from dataclasses import dataclass
from typing import Final, Literal

from measurements.throttle.decision import FamilyDecision

Scope = Literal["connection", "sni", "address", "subscriber"]

# Two flows that share a bucket get together what one got (1.0), two with a bucket each get twice that (2.0).
DOUBLED: Final = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Goodputs (bytes per second) of flows run at the same time, after the pairs; None = not tried."""

    alone: float  # one target flow
    two: float | None = None  # sum of two target flows to one address
    two_addresses: float | None = None  # sum of two target flows to two addresses
    neutral_beside: float | None = None  # a neutral flow elsewhere while a target flow runs
    neutral_alone: float | None = None


def scope(decision: FamilyDecision, together: Together | None = None) -> Scope | None:
    """Scope of a throttled session; None where the arms cannot tell a name from an address."""
    if decision.verdict != "throttled":
        return None
    return (_by_sharing(together) if together else None) or _by_arms(decision)


def _by_sharing(seen: Together) -> Scope | None:
    # A neutral flow loses at most half of a line it shares fairly; less than that is the target's bucket.
    beside, alone = seen.neutral_beside, seen.neutral_alone
    if beside is not None and alone is not None and beside < alone / (2 * DOUBLED):
        return "subscriber"
    if seen.two is not None and seen.two >= DOUBLED * seen.alone:
        return "connection"
    if seen.two_addresses is not None:
        return "address" if seen.two_addresses >= DOUBLED * seen.alone else "sni"
    return None


def _by_arms(decision: FamilyDecision) -> Scope | None:
    slow = {arm for arm, each in decision.arms.items() if each.verdict == "throttled"}
    if decision.deciding == "same_address" and decision.arms["same_address"].rule == "marked_address":
        return "address"
    # Only the name differs inside these two arms.
    if slow & {"helper", "same_address"}:
        return "sni"
    return None
