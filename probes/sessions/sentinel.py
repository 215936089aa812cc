"""Sentinels: one small pair per platform, hour after hour. They may start a session and never decide one.

A pair costs little because what a session looks for anew each time is remembered here: the platform's object and the
arm that gave an answer. Our own server is never used: sentinels must not show who takes part.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from measurements.records import Observation
from measurements.targets import Control, Targets
from measurements.throttle.flow import SHORT
from measurements.throttle.pair import Pair, pair_use
from probes.sessions.addresses import Split, split
from probes.sessions.arms import ArmPlan, Side, control_side, foreign_arm, own_side, same_address_arms
from probes.sessions.lookup import Lookup
from probes.sessions.pairs import Flows, Size
from probes.sessions.plan import FOREIGN_BUDGET, OVERHEAD

# The shortest flow that has a window of its own; two of them are a pair of 128 kB (DESIGN section 7).
SIZE: Final = Size(cap_bytes=SHORT, cap_seconds=10.0)
FLOW_COST: Final = SHORT + OVERHEAD
# Hashed file names on CDNs live for days; looking for them costs a page each time.
_OBJECT_SECONDS: Final = 12 * 3600.0


@dataclass
class Remembered:
    """What worked for each platform; lives as long as the process."""

    objects: dict[str, tuple[Side, float]] = field(default_factory=dict)  # with the clock's time of finding
    neutral: dict[str, int] = field(default_factory=dict)  # which same-address arm gives the object


@dataclass
class Sentinels:
    """One sweep over platforms. `room(bytes)` says whether so much may still be spent today."""

    targets: Targets
    flows: Flows
    keep: Callable[[Observation], None]
    memory: Remembered
    room: Callable[[int], bool]

    async def sweep(self, platforms: Sequence[str]) -> Mapping[str, Pair]:
        """A pair of each platform that has an object, a control and room in the budget."""
        lookup = Lookup(self.flows.context, self.targets.resolvers, self.keep)
        found = {}
        for name in platforms:
            pair = await self._platform(name, lookup)
            if pair is not None:
                found[name] = pair
        return found

    async def _platform(self, name: str, lookup: Lookup) -> Pair | None:
        if not self.room(2 * FLOW_COST):
            return None
        own = await self._own(name, lookup)
        if own is None or self.flows.left_alone(own):
            return None
        addresses = await lookup.addresses(own.sni, name, "target")
        if not addresses:
            return None
        pair: Pair | None = None
        for index, arm in await self._arms(name, own, addresses, lookup):
            if not self.room(2 * FLOW_COST) or self.flows.left_alone(own):
                return pair
            if self.flows.left_alone(arm.control):
                continue
            pair = await self.flows.pair(arm, SIZE, "sentinel")
            if pair_use(pair) != "unavailable":
                self.memory.neutral[name] = index
                return pair
        self.memory.objects.pop(name, None)  # nobody has the object any more: look for it anew
        return pair

    async def _own(self, name: str, lookup: Lookup) -> Side | None:
        """The platform's object, remembered for half a day."""
        transfer = next(iter(self.targets.platforms[name].transfers), None)
        now = self.flows.context.clock.monotonic()
        side, since = self.memory.objects.get(name, (None, now))
        if transfer is None or (side is not None and now - since < _OBJECT_SECONDS):
            return side
        url = transfer.url
        if transfer.discover:
            if self.flows.left_alone(own_side(name, transfer.family, transfer.discover.page)):
                return None
            url = (await lookup.discover(transfer.discover, name)).url
        if url is None:
            return None
        side = own_side(name, transfer.family, url)
        self.memory.objects[name] = (side, now)
        return side

    async def _arms(
        self, name: str, own: Side, addresses: Sequence[str], lookup: Lookup
    ) -> list[tuple[int, ArmPlan]]:
        """Arms to try in turn with their place in the order; the one that worked last time alone."""
        arms: list[ArmPlan] = []
        neutral = self.targets.platforms[name].transfers[0].neutral_sni
        if neutral:
            arms.extend(same_address_arms(own, neutral, split(addresses)))
        foreign = await self._foreign(name, own, addresses, lookup)
        arms.extend([foreign] if foreign else [])
        numbered = list(enumerate(arms))
        worked = self.memory.neutral.pop(name, None)
        return [each for each in numbered if each[0] == worked] or numbered

    async def _foreign(
        self, name: str, own: Side, addresses: Sequence[str], lookup: Lookup
    ) -> ArmPlan | None:
        """Another site's object: each platform has its usual control, so that its baseline compares like with like."""
        controls = [each for each in self.targets.controls if each.scope == "foreign" and each.transfer]
        start = list(self.targets.platforms).index(name)
        for control in [*controls[start % max(len(controls), 1) :], *controls]:
            url = control.transfer.url if control.transfer else None
            if url is None or not self._bearable(control):
                continue
            if self.flows.left_alone(control_side(control.id, own.family, url)):
                continue
            theirs = await lookup.addresses(urlsplit(url).hostname or "", control.id, "control")
            if theirs:
                return foreign_arm(own, control.id, url, Split(tuple(addresses), theirs))
        return None

    def _bearable(self, control: Control) -> bool:
        """We do not load others: so much a day from each third party."""
        return self.flows.ledger.by_control[control.id] + FLOW_COST <= FOREIGN_BUDGET
