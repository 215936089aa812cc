"""One host family of one platform, from its first control to its last pair.

Controls come before the first flow under the target's name. Then the arms are run one after the other, each until its
looks decide it. The first arm that shows slowing ends the session: no further byte could change that answer.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from functools import partial
from math import log
from statistics import median
from typing import Final
from urllib.parse import urlsplit

from measurements.throttle.change import Slowdown, long_slowdown, long_usable, needed
from measurements.throttle.decision import decide_arm, slow_controls
from measurements.throttle.evidence import SessionEvidence
from measurements.throttle.facts import speeds
from measurements.throttle.family import OUTRANKED
from measurements.throttle.pair import Pair, measure, pair_use
from measurements.throttle.rules import MARKED
from measurements.throttle.scope import rate_alone
from measurements.throttle.series import wanted
from measurements.throttle.usable import STOPPED, use_of
from probes.sessions import extra
from probes.sessions.arms import ArmPlan
from probes.sessions.offers import Offers, host_of
from probes.sessions.pairs import Size, size_of, warm_up_of
from probes.sessions.plan import FOREIGN_BYTES, NOISE_EVERY
from probes.sessions.series import FurtherSeries
from probes.sessions.sharing import look
from probes.sessions.state import SessionState

# Control-only flows at the end, of an arm whose target and control share an address, or one that looks marked
AFTER: Final = 3


@dataclass
class FamilySession(SessionState):
    """Yields after each piece of work."""

    _network: str = ""
    _blocks: int = 0

    async def run(self) -> AsyncIterator[bool]:
        """Work; each yield is a place to pause, True where a pair was just measured."""
        self._network = self.flows.network()
        offers = Offers(
            platform=self.platform,
            family=self.family,
            entry=self.entry,
            transfer=self.transfer,
            targets=self.targets,
            plan=self.plan,
            flows=self.flows,
            lookup=self.lookup,
            earlier=self.earlier,
            compared=frozenset(control for family, control in self.known.baselines if family == self.family),
            with_helper=self.with_helper,
            arms=self.arms,
            before=self.before,
            pages=self.pages,
            silent=self.silent,
            notes=self.notes,
        )
        async for _ in offers.prepare():
            yield False
        self._take_up()
        for arm in self.arms:
            if self._enough():
                break
            self.now = arm.arm
            async for _ in self._decide_arm(arm):
                yield True
            if self.long is None and not self._enough() and decide_arm(self.evidence, arm.arm).asks_for_long:
                await self._long_pair()
                yield True
                async for _ in self._beyond():
                    yield True
        await self._side_by_side()
        await self._extra_arms()
        await self._controls_after()
        async for due in self._further():
            yield due
        self.over = True

    def _take_up(self) -> None:
        """Go on with what a session that was broken off has measured on the arms that are on offer."""
        sides = {(each.arm, each.control.platform) for each in self.arms}
        self.pairs.extend(self.earlier.pairs_of(sides))
        if self.earlier.long and self.earlier.long[0] in sides:
            self.long = self.earlier.long[1]
        self.notes.extend(["taken_up"] if self.pairs else [])
        self.notes.extend([self.earlier.refused] if self.earlier.refused else [])

    # Pairs -----------------------------------------------------------------------------------------------------

    async def _decide_arm(self, arm: ArmPlan) -> AsyncIterator[None]:
        """Pairs, and a noise check at every fourth block, until the arm is decided."""
        while self._goes_on(arm):
            self._blocks += 1
            own = self._own_control(arm)
            noise = self._size(own)
            if self._blocks % NOISE_EVERY == 0 and self._affords(noise):
                self._note_noise(await self.flows.noise(own, noise))
            else:
                before = self.purse.own.total
                pair = await self.flows.pair(arm, self._size(arm))
                self.purse.pairs[arm.arm] += self.purse.own.total - before
                self.pairs.append(pair)
                if use_of(pair.target) not in STOPPED:
                    self.silent.discard(arm.target)
            self._watch_network()
            yield

    def _own_control(self, arm: ArmPlan) -> ArmPlan:
        """Whose controls are compared with each other: a third party's only where there are no others."""
        ours = (each for each in (arm, *self.arms) if each.arm != "foreign")
        return next((each for each in ours if not self.flows.left_alone(each.control)), arm)

    def _goes_on(self, arm: ArmPlan) -> bool:
        done = [pair for pair in self.pairs if pair.arm == arm.arm]
        full = self.counted(arm) >= self.plan.max_pairs or len(done) >= 2 * self.plan.max_pairs
        if full or self._spent(arm):
            return False
        return not done or decide_arm(self.evidence, arm.arm).open

    def _affords(self, size: Size) -> bool:
        """Two flows of `size` that no decision needs."""
        decided = self.decision.verdict == "throttled"
        return self.purse.affords(size, clear=self.first_look(), decided=decided)

    def _enough(self) -> bool:
        return self.network_changed or self.decision.final or self._out_of_time

    @property
    def _out_of_time(self) -> bool:
        return self.seconds() >= self.plan.session_seconds

    def _spent(self, arm: ArmPlan) -> bool:
        """No time or no bytes left for another pair, or one of its servers wants none."""
        if self.network_changed or self._out_of_time or self.flows.left_alone(arm.target, arm.control):
            return True
        return not self.purse.holds_pair(arm)

    def _note_noise(self, pair: Pair) -> None:
        if pair_use(pair) == "counts":
            seen = measure(pair)
            self.noise.append(log(seen.target / seen.control))

    def _watch_network(self) -> None:
        self.network_changed = self.network_changed or self.flows.network() != self._network

    # The long pair ---------------------------------------------------------------------------------------------

    async def _long_pair(self) -> None:
        """Once a session: does the speed hold beyond what the pairs download?"""
        arm = self._long_arm()
        size = Size(cap_bytes=self.plan.long_bytes, cap_seconds=self.plan.long_seconds)
        if arm and not self._spent(arm) and self.purse.ledger.total + 2 * size.cap_bytes <= self.plan.budget:
            self.long = await self.flows.long(arm, size, least=self.plan.flow_bytes)
            self._watch_network()

    def _long_arm(self) -> ArmPlan | None:
        """The platform's own object where it is long enough, else our server's, else what there is."""
        by_arm = {arm.arm: arm for arm in self.arms if arm.arm != "foreign"}
        lengths = [flow.length or 0 for flow in self.before.get("same_address", ())]
        if "same_address" in by_arm and max(lengths, default=0) >= self.plan.long_bytes:
            return by_arm["same_address"]
        return by_arm.get("helper") or by_arm.get("same_address") or next(iter(self.arms), None)

    async def _beyond(self) -> AsyncIterator[None]:
        """Where the long flow slowed down after N bytes: pairs that go past them."""
        if self.long is None or not long_usable(self.long):
            return
        change = long_slowdown(self.long)
        arm = next(each for each in self.arms if each.arm == self.long.arm)
        usual = median(speeds(self.before[arm.arm]) or [0.0])
        ends = needed(change, self.plan.flow_bytes, usual, self.plan.long_seconds)
        if change is None or ends is None or not self._may_follow(change):
            return
        for _ in range(self.plan.max_pairs):
            most = self.purse.most
            if self._enough() or self.flows.left_alone(arm.target, arm.control) or most < ends.least_bytes:
                return
            self.past = Size(cap_bytes=min(ends.cap_bytes, most), cap_seconds=ends.seconds)
            self.pairs.append(await self.flows.pair(arm, self.past))
            self._watch_network()
            yield

    def _may_follow(self, change: Slowdown) -> bool:
        return self.plan.beyond_bytes is None or change.at_bytes <= self.plan.beyond_bytes

    # After the pairs -------------------------------------------------------------------------------------------

    async def _controls_after(self) -> None:
        """Where target and control had to share an address, or it looks marked: how fast is it for the control now?"""
        found = self.decision
        if found.rule == OUTRANKED:
            return
        for arm in self.arms:
            measured = any(pair.arm == arm.arm for pair in self.pairs)
            asked = arm.addresses.shared or found.arms[arm.arm].rule == MARKED
            if asked and measured and not self._spent(arm):
                size = self._size(arm)
                self.after[arm.arm] = tuple(
                    [await self.flows.single(arm, "control", size, "after") for _ in range(AFTER)]
                )

    async def _side_by_side(self) -> None:
        """Of a slowed platform: what shares the rate?"""
        found = self.decision
        arm = next((each for each in self.arms if each.arm == found.deciding), None)
        if found.verdict != "throttled" or found.stage != "transfer" or arm is None or self._spent(arm):
            return
        if self.past and self.plan.clear_bytes is not None:
            return  # flows past a late slowing are long, and here data cost money
        slow = [pair.target for pair in self.pairs if pair.arm == arm.arm and pair_use(pair) == "counts"]
        alone = rate_alone(slow)
        if alone:
            sizes = partial(self._affordable, arm, size=self.past)
            self.together = await look(self.flows, arm, sizes, alone, self._other_name())

    async def _extra_arms(self) -> None:
        """What no pair tells: does our server's slow name matter, and is it the line that is slow for all controls?"""
        arm = next((each for each in self.arms if each.arm == "helper"), None)
        slow = slow_controls(self.decision.arms) is not None
        if arm and (slow or (self.together and self.decision.deciding == arm.arm)) and not self._spent(arm):
            found = await extra.inverted(self.flows, arm, partial(self._affordable, arm))
            self.extra = replace(self.extra, inverted=found)
        if slow and not self._spent(self.arms[0]):
            sizes = partial(self._affordable, self.arms[0], FOREIGN_BYTES)
            found = await extra.domestic(self.flows, self.targets.controls, self.lookup, sizes)
            self.extra = replace(self.extra, domestic=found)

    def _affordable(self, arm: ArmPlan, most: int | None = None, size: Size | None = None) -> Size | None:
        """Where flows beside the pairs end, `most` bytes at the latest; None once they would cost too much."""
        size = size or self._size(arm)
        size = replace(size, cap_bytes=min(size.cap_bytes, most or size.cap_bytes))
        return size if self._affords(size) else None

    async def _further(self) -> AsyncIterator[bool]:
        """Over QUIC, and upwards. A platform's first host family stands for it."""
        if self.transfer and self.transfer != self.entry.transfers[0]:
            return
        self.further = further = FurtherSeries(
            flows=self.flows,
            plan=self.plan,
            arms=self.arms,
            blank=SessionEvidence(
                platform=self.platform,
                host_family=self.family,
                arms=(),
                contaminable=self.evidence.contaminable,
                plan=self.known.tariff,
                platforms=self.platforms,
            ),
            stop=lambda: self.network_changed or self._out_of_time,
        )
        async for due in further.run(wanted(self.decision, self.plan.clear_bytes is not None)):
            self._watch_network()
            yield due

    def _other_name(self) -> str | None:
        """Another name of the platform than the one our server is asked under."""
        names = (urlsplit(each.url).hostname for each in self.entry.endpoints if each.url)
        return next((name for name in names if name and name != host_of(self.entry, self.transfer)), None)

    def _size(self, arm: ArmPlan) -> Size:
        """Where the next flows end; those of a target that no byte has come from are no longer than a warm-up."""
        if arm.target in self.silent:
            return warm_up_of(self.plan)
        most = self.purse.longest(arm.arm, self.counted(arm))
        return size_of(arm, self.plan, self.flows.random, most)
