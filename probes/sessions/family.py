"""One host family of one platform, from its first control to its last pair.

Controls come before the first flow under the target's name. Then the arms are run one after the other, each until its
looks decide it. The first arm that shows slowing ends the session: no further byte could change that answer.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from math import log
from typing import Final
from urllib.parse import urlsplit

from measurements.targets import Platform, Targets, Transfer
from measurements.throttle.change import Slowdown, long_slowdown, long_usable
from measurements.throttle.decision import FamilyDecision, decide, decide_arm
from measurements.throttle.evidence import Baseline, SessionEvidence, Together
from measurements.throttle.evidence import Plan as TariffPlan
from measurements.throttle.flow import Arm, Flow
from measurements.throttle.pair import Pair, measure, pair_use
from measurements.throttle.usable import use_of
from probes.sessions.addresses import Split, split
from probes.sessions.arms import ArmPlan, Side, foreign_arm, helper_arm, own_side, same_address_arms
from probes.sessions.lookup import Lookup
from probes.sessions.pairs import Flows, Size
from probes.sessions.plan import (
    BEFORE,
    BEFORE_FOREIGN,
    BEYOND,
    CAP_SHARE,
    FOREIGN_BYTES,
    NOISE_EVERY,
    WARM_UP_BYTES,
    Plan,
)
from probes.sessions.sharing import FLOWS_AT_MOST, look

AFTER: Final = 3  # control-only flows at the end, where target and control shared an address
TRIES: Final = 2  # a failure counts after a second try


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known from earlier: noise of 14 days, the foreign arm's baseline, the tariff."""

    noise: tuple[float, ...] = ()
    baselines: Mapping[tuple[str, str], Baseline] = field(default_factory=dict)  # by host family and control
    tariff: TariffPlan = "unknown"


@dataclass
class FamilySession:
    """Yields after each piece of work; what it has seen is in `evidence`, what that says in `decision`."""

    platform: str
    entry: Platform
    transfer: Transfer | None
    targets: Targets
    plan: Plan
    flows: Flows
    lookup: Lookup
    known: Known
    with_helper: bool
    seconds: Callable[[], float]  # since the session began
    platforms: int = 1
    arms: list[ArmPlan] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    noise: list[float] = field(default_factory=list)
    before: dict[Arm, tuple[Flow, ...]] = field(default_factory=dict)
    after: dict[Arm, tuple[Flow, ...]] = field(default_factory=dict)
    long: Pair | None = None
    together: Together | None = None
    network_changed: bool = False
    now: Arm | None = None  # the arm under way
    notes: list[str] = field(default_factory=list)  # words of reasons.NOTES
    _network: str = ""
    _blocks: int = 0

    @property
    def family(self) -> str:
        return self.transfer.family if self.transfer else "web"

    @property
    def evidence(self) -> SessionEvidence:
        """Everything seen so far."""
        return SessionEvidence(
            platform=self.platform,
            host_family=self.family,
            arms=tuple(each.arm for each in self.arms),
            pairs=tuple(self.pairs),
            before=dict(self.before),
            after=dict(self.after),
            contaminable=frozenset(each.arm for each in self.arms if each.addresses.shared),
            long=self.long,
            together=self.together,
            noise=(*self.known.noise, *self.noise),
            baseline=self._baseline,
            plan=self.known.tariff,
            network_changed=self.network_changed,
            platforms=self.platforms,
        )

    @property
    def _baseline(self) -> Baseline | None:
        control = next((arm.control.platform for arm in self.arms if arm.arm == "foreign"), "")
        return self.known.baselines.get((self.family, control))

    @property
    def decision(self) -> FamilyDecision:
        return decide(self.evidence)

    async def run(self) -> AsyncIterator[bool]:
        """Work; each yield is a place to pause, True where a pair was just measured."""
        self._network = self.flows.network()
        async for _ in self._prepare():
            yield False
        for arm in self.arms:
            self.now = arm.arm
            async for _ in self._decide_arm(arm):
                yield True
            if self._enough():
                break
            if self.long is None and decide_arm(self.evidence, arm.arm).verdict == "clean":
                await self._long_pair()
                yield True
                async for _ in self._beyond():
                    yield True
            if self._enough():
                break
        await self._side_by_side()
        await self._controls_after()

    # Before the pairs ----------------------------------------------------------------------------------------

    async def _prepare(self) -> AsyncIterator[None]:
        """Offer the arms in order: our server, then the platform's own addresses, then another site."""
        host = self._host()
        if self.with_helper and self.targets.helper and host:
            if not await self._offer(helper_arm(self.targets.helper, self.platform, self.family, host)):
                self.notes.append("helper_unavailable")
            yield
        foreign = await self._foreign_control()
        if foreign:
            # Its flows come before anything under the target's name; the object to compare it with is found below.
            self.before["foreign"] = await self._controls_first(foreign)
            yield
        own = await self._own()
        if own is None:
            self.before.pop("foreign", None)
        else:
            addresses = await self._own_addresses(own)
            yield
            if foreign and addresses:
                self.arms.append(
                    replace(foreign, target=own, addresses=Split(addresses.target, foreign.addresses.control))
                )
        for arm in self._first_of_each_object():
            await self.flows.single(arm, "target", self._warm_up, "warm_up")
            yield

    def _host(self) -> str | None:
        """The name that our server is asked under."""
        urls = []
        if self.transfer:
            urls = [self.transfer.url or (self.transfer.discover.page if self.transfer.discover else None)]
        urls += [endpoint.url for endpoint in self.entry.endpoints]
        return next((urlsplit(url).hostname for url in urls if url and url.startswith("https:")), None)

    async def _own(self) -> Side | None:
        """The platform's object; None where the file names none or its page shows none."""
        if self.transfer is None:
            return None
        url = self.transfer.url
        if self.transfer.discover:
            url = await self.lookup.discover(self.transfer.discover, self.platform)
        return own_side(self.platform, self.family, url) if url else None

    async def _own_addresses(self, own: Side) -> Split | None:
        """The object's addresses, halved; with a neutral name that arm is offered on them.

        Where the system's resolver leads nowhere, a trusted one is asked: a false answer is no slow server.
        """
        neutral = self.transfer.neutral_sni if self.transfer else None
        found: Split | None = None
        for trusted in (False, True):
            addresses = await self.lookup.addresses(own.sni, self.platform, "target", trusted=trusted)
            if not addresses:
                continue
            if neutral is None:
                return split(addresses)
            found = split(addresses, await self.lookup.addresses(neutral, "same_address", "control"))
            for arm in same_address_arms(own, neutral, found):
                if await self._offer(arm):
                    return found
        if found is not None and neutral:
            # On offer and not usable: a few pairs say so themselves.
            self.arms.append(same_address_arms(own, neutral, found)[0])
        return found

    async def _foreign_control(self) -> ArmPlan | None:
        """A foreign control with an object, an address and bytes left for a first look; its target is not known yet.

        One that earlier evenings were compared with goes first. Without enough left of any the arm is not on offer.
        """
        known, spent = self.known.baselines, self.flows.ledger
        offers = [
            (each.id, each.transfer.url)
            for each in self.targets.controls
            if each.scope == "foreign" and each.transfer and each.transfer.url
        ]
        offers.sort(key=lambda offer: (self.family, offer[0]) not in known)
        for name, url in offers:
            addresses = await self.lookup.addresses(urlsplit(url).hostname or "", name, "control")
            if addresses and spent.promise(name, self.plan.foreign_need, self.plan.foreign_budget):
                placeholder = own_side(self.platform, self.family, url)
                return foreign_arm(placeholder, name, url, Split((), addresses))
        return None

    async def _offer(self, arm: ArmPlan) -> bool:
        """Measure the arm's controls; an arm whose first control gives nothing is not offered."""
        flows = await self._controls_first(arm)
        if not any(use_of(flow) == "counts" for flow in flows):
            return False
        self.before[arm.arm] = flows
        self.arms.append(arm)
        return True

    async def _controls_first(self, arm: ArmPlan) -> tuple[Flow, ...]:
        for _ in range(TRIES):
            warm = await self.flows.single(arm, "control", self._warm_up, "warm_up")
            if use_of(warm) == "counts":
                break
        else:
            return (warm,)
        count = BEFORE_FOREIGN if arm.arm == "foreign" else BEFORE
        return tuple(
            [await self.flows.single(arm, "control", self._size(arm), "before") for _ in range(count)]
        )

    def _first_of_each_object(self) -> list[ArmPlan]:
        """One arm for each object under the target's name: ours, and the platform's."""
        firsts: dict[str, ArmPlan] = {}
        for arm in self.arms:
            firsts.setdefault("helper" if arm.arm == "helper" else "own", arm)
        return list(firsts.values())

    # Pairs -----------------------------------------------------------------------------------------------------

    async def _decide_arm(self, arm: ArmPlan) -> AsyncIterator[None]:
        """Pairs, and a noise check at every fourth block, until the arm is decided."""
        while self._goes_on(arm):
            self._blocks += 1
            if self._blocks % NOISE_EVERY == 0:
                own = self._own_control(arm)
                self._note_noise(await self.flows.noise(own, self._size(own)))
            else:
                self.pairs.append(await self.flows.pair(arm, self._size(arm)))
            self._watch_network()
            yield

    def _own_control(self, arm: ArmPlan) -> ArmPlan:
        """Whose controls are compared with each other: a third party's only where there are no others."""
        return next((each for each in (arm, *self.arms) if each.arm != "foreign"), arm)

    def _goes_on(self, arm: ArmPlan) -> bool:
        done = [pair for pair in self.pairs if pair.arm == arm.arm]
        counted = sum(1 for pair in done if pair_use(pair) == "counts")
        full = counted >= self.plan.max_pairs or len(done) >= 2 * self.plan.max_pairs
        if full or self._spent(arm):
            return False
        return not done or decide_arm(self.evidence, arm.arm).open

    def _enough(self) -> bool:
        return self.network_changed or self.decision.verdict == "throttled" or self._out_of_time

    @property
    def _out_of_time(self) -> bool:
        return self.seconds() >= self.plan.session_seconds

    def _spent(self, arm: ArmPlan) -> bool:
        """No time, or no bytes left for another pair."""
        ledger, need = self.flows.ledger, self.plan.flow_bytes
        foreign = arm.arm == "foreign"
        full = foreign and ledger.by_control[arm.control.platform] + need > self.plan.foreign_budget
        return self.network_changed or self._out_of_time or full or ledger.total + 2 * need > self.plan.budget

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
        if arm and self.flows.ledger.total + 2 * size.cap_bytes <= self.plan.budget:
            self.long = await self.flows.pair(arm, size, "long")
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
        if change is None or not self._may_follow(change):
            return
        arm = next(each for each in self.arms if each.arm == self.long.arm)
        size = Size(cap_bytes=change.at_bytes + BEYOND, cap_seconds=self.plan.long_seconds)
        for _ in range(self.plan.max_pairs):
            if self._enough() or self.flows.ledger.total + 2 * size.cap_bytes > self.plan.budget:
                return
            self.pairs.append(await self.flows.pair(arm, size))
            self._watch_network()
            yield

    def _may_follow(self, change: Slowdown) -> bool:
        return self.plan.beyond_bytes is None or change.at_bytes <= self.plan.beyond_bytes

    # After the pairs -------------------------------------------------------------------------------------------

    async def _controls_after(self) -> None:
        """Where target and control had to share an address: is it still as fast for the control?"""
        for arm in self.arms:
            measured = any(pair.arm == arm.arm for pair in self.pairs)
            if arm.addresses.shared and measured and not self._spent(arm):
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
        if (
            found.contrast
            and self.flows.ledger.total + FLOWS_AT_MOST * self.plan.flow_bytes <= self.plan.budget
        ):
            self.together = await look(
                self.flows, arm, lambda: self._size(arm), found.contrast.target, self._other_name()
            )

    def _other_name(self) -> str | None:
        """Another name of the platform than the one our server is asked under."""
        names = (urlsplit(each.url).hostname for each in self.entry.endpoints if each.url)
        return next((name for name in names if name and name != self._host()), None)

    def _size(self, arm: ArmPlan) -> Size:
        most = min(self.plan.flow_bytes, FOREIGN_BYTES) if arm.arm == "foreign" else self.plan.flow_bytes
        share = self.flows.random.uniform(*CAP_SHARE)
        return Size(cap_bytes=round(most * share), cap_seconds=self.plan.flow_seconds)

    @property
    def _warm_up(self) -> Size:
        return Size(cap_bytes=min(WARM_UP_BYTES, self.plan.flow_bytes), cap_seconds=self.plan.flow_seconds)
