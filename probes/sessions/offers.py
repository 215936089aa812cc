"""Which arms a host family is offered, and the controls that come before the first flow under the target's name."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from msgspec import structs

from measurements.targets import Platform, Targets, Transfer
from measurements.throttle.earlier import Earlier
from measurements.throttle.flow import Arm, Flow
from measurements.throttle.of_records import flow_of
from measurements.throttle.usable import STOPPED, TRIES, use_of
from probes.sessions.addresses import Split, split
from probes.sessions.arms import (
    ArmPlan,
    Side,
    control_side,
    foreign_arm,
    helper_arm,
    own_side,
    same_address_arms,
)
from probes.sessions.lookup import Lookup, within_reach
from probes.sessions.pairs import Flows, size_of, warm_up_of
from probes.sessions.plan import BEFORE, BEFORE_BYTES, BEFORE_FOREIGN, Plan


def host_of(entry: Platform, transfer: Transfer | None) -> str | None:
    """The name that our server is asked under."""
    urls = []
    if transfer:
        urls = [transfer.url or (transfer.discover.page if transfer.discover else None)]
    urls += [endpoint.url for endpoint in entry.endpoints]
    return next((urlsplit(url).hostname for url in urls if url and url.startswith("https:")), None)


@dataclass(kw_only=True)
class Offers:
    """Fills `arms`, `before` (their first controls) and the other collections, which belong to the session."""

    platform: str
    family: str
    entry: Platform
    transfer: Transfer | None
    targets: Targets
    plan: Plan
    flows: Flows
    lookup: Lookup
    compared: frozenset[str]  # foreign controls that earlier evenings were compared with
    earlier: Earlier
    with_helper: bool
    arms: list[ArmPlan]
    before: dict[Arm, tuple[Flow, ...]]
    pages: list[Flow]  # downloads of the page that names the platform's object
    silent: set[Side]  # targets whose first flow was stopped before a byte
    notes: list[str]  # words of reasons.NOTES

    async def prepare(self) -> AsyncIterator[None]:
        """Offer the arms in order: our server, then the platform's own addresses, then another site."""
        host = host_of(self.entry, self.transfer)
        helper = self.targets.helper
        if self.with_helper and helper and host:
            helper = structs.replace(helper, addresses=tuple(within_reach(helper.addresses)))
            if not await self._offer(helper_arm(helper, self.platform, self.family, host)):
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
            if self.transfer is not None:
                self.notes.append("object_not_found")
        else:
            addresses = await self._own_addresses(own)
            yield
            if foreign and addresses:
                self.arms.append(
                    replace(foreign, target=own, addresses=Split(addresses.target, foreign.addresses.control))
                )
        for arm in self._first_of_each_object():
            if self.flows.left_alone(arm.target):
                continue
            first = await self.flows.single(arm, "target", warm_up_of(self.plan), "warm_up")
            if use_of(first) in STOPPED:
                self.silent.add(arm.target)
            yield
        # If a name is stopped rather than slowed, a few pairs show it and nothing else is worth its bytes.
        self.arms.sort(key=lambda arm: arm.target not in self.silent)

    async def _own(self) -> Side | None:
        """The platform's object; None where the file names none or its page shows none."""
        if self.transfer is None:
            return None
        url = self.transfer.url
        if self.transfer.discover and not self.flows.left_alone(
            own_side(self.platform, self.family, self.transfer.discover.page)
        ):
            found = await self.lookup.discover(self.transfer.discover, self.platform)
            url = found.url
            self.pages.extend(flow_of(row, self.flows.started) for row in found.pages)
            if found.pages and use_of(self.pages[0]) in STOPPED:
                self.flows.patience = 1.0
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
            found = split(addresses)
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
        spent = self.flows.ledger
        offers = [
            (each.id, each.transfer.url)
            for each in self.targets.controls
            if each.scope == "foreign" and each.transfer and each.transfer.url
        ]
        begun = {control for _, control in self.earlier.before}
        offers.sort(key=lambda offer: (offer[0] not in begun, offer[0] not in self.compared))
        for name, url in offers:
            addresses = await self.lookup.addresses(urlsplit(url).hostname or "", name, "control")
            if self.flows.left_alone(control_side(name, self.family, url)):
                continue
            if addresses and spent.promise(name, self.plan.foreign_need, self.plan.foreign_budget):
                placeholder = own_side(self.platform, self.family, url)
                return foreign_arm(placeholder, name, url, Split((), addresses))
        return None

    async def _offer(self, arm: ArmPlan) -> bool:
        """Measure the arm's controls; an arm whose first control gives nothing is not offered."""
        if self.flows.left_alone(arm.target, arm.control):
            return False
        flows = await self._controls_first(arm)
        if not any(use_of(flow) == "counts" for flow in flows):
            return False
        self.before[arm.arm] = flows
        self.arms.append(arm)
        return True

    async def _controls_first(self, arm: ArmPlan) -> tuple[Flow, ...]:
        for _ in range(TRIES):
            warm = await self.flows.single(arm, "control", warm_up_of(self.plan), "warm_up")
            if use_of(warm) == "counts":
                break
            if self.flows.left_alone(arm.control):
                return (warm,)
        else:
            return (warm,)
        count = BEFORE_FOREIGN if arm.arm == "foreign" else BEFORE
        known = self.earlier.before.get((arm.arm, arm.control.platform), ())
        if len(known) >= count:
            return known
        flows: list[Flow] = []
        while len(flows) < count and not self.flows.left_alone(arm.control):
            size = size_of(arm, self.plan, self.flows.random, BEFORE_BYTES)
            flows.append(await self.flows.single(arm, "control", size, "before"))
        return tuple(flows)

    def _first_of_each_object(self) -> list[ArmPlan]:
        """One arm for each object under the target's name: ours, and the platform's."""
        firsts: dict[str, ArmPlan] = {}
        for arm in self.arms:
            firsts.setdefault("helper" if arm.arm == "helper" else "own", arm)
        return list(firsts.values())
