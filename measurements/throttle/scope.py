"""What shares the slowing: one connection, a name, an address, or the whole subscriber."""

from collections.abc import Sequence
from statistics import median
from typing import Final, Literal

from measurements.throttle.decision import FamilyDecision
from measurements.throttle.evidence import Extra, Together
from measurements.throttle.flow import SHORT, TICK, Flow, size_at
from measurements.throttle.rules import MARKED
from measurements.throttle.signature import Mechanism

Scope = Literal["connection", "sni", "address", "subscriber"]

# Two flows that share a bucket get together what one got (1.0), two with a bucket each get twice that (2.0).
DOUBLED: Final = 1.5
# Caps of a session's flows are drawn from three quarters of the most on; what went less far may have met no slowing.
AS_FAR: Final = 0.7


def scope(
    decision: FamilyDecision,
    together: Together | None = None,
    extra: Extra | None = None,
    mechanism: Mechanism | None = None,
) -> Scope | None:
    """Scope of a throttled session; None where neither flows side by side nor the arms can tell.

    Where packets are lost one by one there is no rate that flows could share, and what two get is chance.
    """
    if decision.verdict != "throttled":
        return None
    if extra and extra.inverted is not None and together and extra.inverted < DOUBLED * together.alone:
        return "address"  # nothing in these flows could be read, and they are as slow
    shared = by_sharing(together) if together and mechanism != "loss" else None
    return shared or _by_arms(decision)


def rate_of_all(flows: Sequence[Flow]) -> float:
    """Bytes per second of flows that began together, all of them counted over the same time.

    Flows in one bucket take turns: each over its own window gets more than its share. The first half of the time, with
    slow start and burst, is left out unless one of them hardly began (`flow.SHORT`).
    """
    end = min(flow.elapsed for flow in flows)
    start = end / 2 if all(flow.body_bytes >= SHORT for flow in flows) else 0.0
    bytes_in = sum(size_at(flow, end) - (size_at(flow, start) if start else 0) for flow in flows)
    return bytes_in / max(end - start, TICK)


def rate_alone(flows: Sequence[Flow]) -> float | None:
    """What one flow gets by itself, counted as flows side by side are: the median of those that were to go far."""
    far = AS_FAR * max((flow.cap_bytes or 0 for flow in flows), default=0)
    known = [rate_of_all((flow,)) for flow in flows if flow.body_bytes and (flow.cap_bytes or 0) >= far]
    return median(known) if known else None


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
    if decision.deciding == "same_address" and decision.arms["same_address"].rule == MARKED:
        return "address"
    # Only the name differs inside these two arms.
    if slow & {"helper", "same_address"}:
        return "sni"
    return None
