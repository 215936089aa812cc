"""Flows side by side, after the pairs: what shares a slowed rate?

The only flows of a session that run at once, and no decision rests on them. A step is taken only if the one before
found a shared rate: most boxes give each connection its own, so that two flows are usually all it takes.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from measurements.throttle.evidence import Together
from measurements.throttle.scope import DOUBLED, rate_of_all
from measurements.throttle.usable import use_of
from probes.sessions.arms import ArmPlan, Side
from probes.sessions.pairs import Flows, Size


async def look(
    flows: Flows, arm: ArmPlan, size: Callable[[], Size | None], alone: float, other_name: str | None
) -> Together:
    """Target flows two by two; `alone` is what one gets (bytes per second), `other_name` another slowed name.

    Another name can be asked of our own server only: a platform's may refuse it. `size` gives None where nothing is
    left to spend on two further flows.
    """
    addresses = arm.addresses.target
    here, there = addresses[0], addresses[-1]
    one, seen = arm.target, Together(alone=alone)

    async def once(other: Side, address: str) -> float | None:
        end = size()
        return await _sum(flows, arm, end, (one, here), (other, address)) if end else None

    async def two(other: Side, address: str) -> float | None:
        both = await once(other, address)
        again = await once(other, address) if both and _unclear(both / alone) else None
        return (both + again) / 2 if both and again else both

    seen = replace(seen, two=await two(one, here))
    if _shared(seen.two, alone) and there != here:
        seen = replace(seen, two_addresses=await two(one, there))
        if _shared(seen.two_addresses, alone) and one.sized and other_name:
            seen = replace(seen, two_names=await two(_named(one, other_name), there))
    return seen


def _unclear(times: float) -> bool:
    """Nearer to the middle than to either answer: one look is not enough."""
    return abs(times - DOUBLED) < (2.0 - DOUBLED) / 2


def _shared(both: float | None, alone: float) -> bool:
    return both is not None and both < DOUBLED * alone


async def _sum(flows: Flows, arm: ArmPlan, size: Size, *pair: tuple[Side, str]) -> float | None:
    """Bytes per second of both flows together; None if one of them was no evidence of a speed."""
    name = flows.context.new_id()
    both = await asyncio.gather(
        *(flows.beside(arm, side, address, size, group=name) for side, address in pair)
    )
    seen = all(use_of(each) == "counts" and each.body_bytes for each in both)
    return rate_of_all(both) if seen else None


def _named(side: Side, name: str) -> Side:
    url = urlunsplit(urlsplit(side.url)._replace(netloc=name))
    return replace(side, url=url, sni=name)
