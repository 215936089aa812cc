"""What shares the slowing: one connection, a name, an address, or the whole subscriber."""

from typing import Final, Literal

from measurements.throttle.decision import FamilyDecision
from measurements.throttle.evidence import Together

Scope = Literal["connection", "sni", "address", "subscriber"]

# Two flows that share a bucket get together what one got (1.0), two with a bucket each get twice that (2.0).
DOUBLED: Final = 1.5


def scope(decision: FamilyDecision, together: Together | None = None) -> Scope | None:
    """Scope of a throttled session; None where neither flows side by side nor the arms can tell."""
    if decision.verdict != "throttled":
        return None
    return (by_sharing(together) if together else None) or _by_arms(decision)


def by_sharing(seen: Together) -> Scope | None:
    """What the flows side by side say; None = not enough of them were run."""
    twice = DOUBLED * seen.alone
    if seen.two is None or seen.two >= twice:
        return None if seen.two is None else "connection"
    if seen.two_addresses is None or seen.two_addresses >= twice:
        return None if seen.two_addresses is None else "address"
    return "subscriber" if seen.two_names is not None and seen.two_names < twice else "sni"


def _by_arms(decision: FamilyDecision) -> Scope | None:
    slow = {arm for arm, each in decision.arms.items() if each.verdict == "throttled"}
    if decision.deciding == "same_address" and decision.arms["same_address"].rule == "marked_address":
        return "address"
    # Only the name differs inside these two arms.
    if slow & {"helper", "same_address"}:
        return "sni"
    return None
