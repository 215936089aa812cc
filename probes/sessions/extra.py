"""The extra arms: a few flows after the pairs, which tell what a slowing looks at. No decision rests on them.

inverted   our server, every bit turned over: no box reads a name (Xue and others, "Throttling Twitter", IMC 2021)
domestic   a site inside the country: how fast the line itself is
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from statistics import median
from typing import Final
from urllib.parse import urlsplit

from measurements.targets import Control
from measurements.throttle.flow import goodput
from measurements.throttle.usable import use_of
from probes.sessions.addresses import Split
from probes.sessions.arms import ArmPlan, control_side
from probes.sessions.lookup import Lookup
from probes.sessions.pairs import Flows, Size
from probes.sessions.plan import FOREIGN_BUDGET, FOREIGN_BYTES

TIMES: Final = 3  # never from one flow

Sizes = Callable[[], Size | None]  # None: nothing is left to spend


async def inverted(flows: Flows, arm: ArmPlan, size: Sizes) -> float | None:
    """Bytes per second of our server's object at the target's address, turned over; None where it cannot be had."""
    if not arm.target.sized:
        return None
    turned = replace(arm, target=replace(arm.target, inverted=True))
    return await _median(flows, "inverted", turned, size)


async def domestic(flows: Flows, controls: Iterable[Control], lookup: Lookup, size: Sizes) -> float | None:
    """Bytes per second of the first domestic control that gives its object; None if none does."""
    for control in controls:
        url = control.transfer.url if control.transfer and control.scope == "domestic" else None
        addresses = await lookup.addresses(urlsplit(url).hostname or "", control.id, "control") if url else ()
        if url and addresses and flows.ledger.promise(control.id, TIMES * FOREIGN_BYTES, FOREIGN_BUDGET):
            side = control_side(control.id, "web", url)
            site = ArmPlan(arm="foreign", target=side, control=side, addresses=Split(addresses, addresses))
            found = await _median(flows, "domestic", site, size)
            if found is not None:
                return found
    return None


async def _median(flows: Flows, name: str, arm: ArmPlan, size: Sizes) -> float | None:
    speeds = []
    for _ in range(TIMES):
        end = size()
        flow = await flows.beside(arm, arm.target, arm.addresses.target[0], end, arm=name) if end else None
        if flow is None or use_of(flow) != "counts":
            return None
        speeds.append(goodput(flow))
    return median(speeds)
