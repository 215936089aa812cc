"""One endpoint, from its name to its page: resolve, connect, ask; and once more where it failed.

The walk records; what it looks at on its way (has an address worked yet?) only decides what is worth trying next.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import msgspec

from measurements.failures import of_exception
from measurements.records import Observation, Role
from measurements.rules.addresses import ANSWERED_ANYWAY, late_addresses
from measurements.rules.controls import vouched
from measurements.rules.facts import NEUTRAL, NO_ROUTE_FLAG
from measurements.rules.pages import misses, refuses
from measurements.targets import Endpoint, Resolver
from probes.base import Context, Target, blank
from probes.connect import has_route
from probes.limits import LAG_LIMIT, Slots
from probes.registry import PROBES
from probes.split import deepest, split
from probes.tools import Tools
from probes.wire.dns_message import Question

# Addresses tried at once; the others only if none of these works. Two of IPv4 tell a broken node from a blocked name.
FIRST_IPV4 = 2
FIRST_IPV6 = 1
MOST_ADDRESSES = 6
QUESTIONS: tuple[Question, ...] = ("A", "AAAA")
LATE = Resolver(id="late_answer")  # told what came behind the answer of a resolver, to the same question


@dataclass
class Walk:
    """The state of one endpoint's walk in a round."""

    tools: Tools
    platform: str
    role: Role
    endpoint: Endpoint
    neutral_sni: str | None = None
    flags: tuple[str, ...] = ()
    rows: list[Observation] = field(default_factory=list)
    _told_by: dict[str, Resolver | None] = field(default_factory=dict)  # address -> who told it

    async def first(self) -> None:
        """First tries: the system's resolver, then the first addresses and QUIC."""
        await self._resolve(self.tools.own_resolvers)
        addresses = self._addresses()
        fresh = self._choose(addresses, FIRST_IPV4, FIRST_IPV6)
        if addresses and not fresh:
            self._note_no_route(addresses[0])
        await self._try(fresh, attempt=1, quic=True)

    async def ask_trusted(self) -> None:
        """What a trusted resolver says, and the addresses that only it told."""
        if self.endpoint.fixed_address is not None:
            return
        known = set(self._told_by)
        for resolver in filter(self.tools.worth_asking, self.tools.trusted_resolvers):
            await self._resolve([resolver])
            if self._answered(resolver):
                break
        else:
            self._hear_late()
        fresh = [a for a in self._addresses() if a not in known]
        await self._try(self._choose(fresh, FIRST_IPV4, FIRST_IPV6), attempt=1)

    async def again(self) -> None:
        """Second tries of all that failed, and the addresses not tried yet."""
        await asyncio.gather(self._ask_again(), self._try_again(), self._read_again(), self._quic_again())

    @property
    def denied(self) -> bool:
        """True if the system's resolver answered both tries without an IPv4 address."""
        ids = {r.id for r in self.tools.own_resolvers}
        asked = [o for o in self.rows if o.resolver in ids and o.dns and o.dns.question == "A"]
        return len(asked) > 1 and all(o.failure and o.dns and o.dns.answers for o in asked)

    async def name_again(self) -> None:
        """Ask the system's resolver for the name alone, in the order of second questions."""
        await self._resolve(self.tools.own_resolvers, 2, ("A",))

    async def neutral(self) -> None:
        """A handshake with the neutral name at each address where the platform's own one failed."""
        if self.neutral_sni is None or self.works:
            return
        failed = {o.address for o in self.rows if o.stage == "tls" and o.address and o.family == 4}
        targets = [
            replace(self._target(address), sni=self.neutral_sni) for address in sorted(failed)[:FIRST_IPV4]
        ]
        await asyncio.gather(*(self._probe("tls", target, (NEUTRAL,)) for target in targets))

    @property
    def works(self) -> bool:
        """True once the deepest probe has succeeded at some address."""
        deep = deepest(self.endpoint.probes)
        if deep is None:
            return any(o.failure is None for o in self.rows)
        return any(o.probe == deep and _good(o) for o in self.rows)

    @property
    def system_fails(self) -> bool:
        """True while no address of the system's resolver works."""
        own = {r.id for r in self.tools.own_resolvers} | {None}
        deep = deepest(self.endpoint.probes)
        return not any(o.probe == deep and _good(o) and o.resolver in own for o in self.rows)

    @property
    def needs_retry(self) -> bool:
        quic = [o for o in self.rows if o.probe == "quic"]
        return self.system_fails or self.misread or bool(quic and all(o.failure for o in quic))

    @property
    def misread(self) -> bool:
        """True while clear text brings only answers that are not the host's: anybody on the way can write them."""
        answers = [o.http for o in self._answers() if o.http]
        own = [self.endpoint.host or ""]
        return bool(answers) and all(misses(self.endpoint, answer, own) for answer in answers)

    def _answers(self) -> list[Observation]:
        return [o for o in self.rows if o.http and self.endpoint.scheme == "http" and o.probe == "http"]

    # -- names ---------------------------------------------------------------------------------------------

    async def _resolve(
        self, resolvers: Sequence[Resolver], attempt: int = 1, kinds: Sequence[Question] = QUESTIONS
    ) -> None:
        if self.endpoint.fixed_address is not None:
            return
        questions = [
            Target(
                platform=self.platform,
                role=self.role,
                endpoint=self.endpoint,
                resolver=resolver,
                question=question,
                attempt=attempt,
            )
            for resolver in resolvers
            for question in kinds
        ]
        await asyncio.gather(*(self._probe("dns", question) for question in questions))

    def _answered(self, resolver: Resolver) -> bool:
        """True if the resolver said something of the name, be it that there is no such name."""
        rows = [o for o in self.rows if o.resolver == resolver.id and o.probe == "dns"]
        if any(o.dns and o.dns.answers for o in rows):
            self.tools.trusted_answered.add(resolver.id)
        else:
            self.tools.trusted_failed[resolver.id] += 1
        return any(o.failure is None for o in rows)

    async def _ask_again(self) -> None:
        """The questions without an answer, and the one whose answer led nowhere: some resolvers name a host's nodes
        in turn, one at a time, and one node may be dead."""
        own = self.tools.own_resolvers
        ids = {r.id for r in own}
        asked = [o for o in self.rows if o.probe == "dns" and o.resolver in ids]
        told = {
            o.dns.question: o.dns.used.addresses
            for o in asked
            if o.dns and o.dns.used and o.dns.used.addresses
        }
        kinds: Sequence[Question] = [kind for kind in QUESTIONS if kind not in told]
        if self._choose(told.get("A", ()), 1, 0):
            kinds = ("A",) if self.system_fails else ()
        if self.endpoint.fixed_address is not None or not kinds:
            return
        known = set(self._addresses())
        await self._resolve(own, 2, kinds)
        fresh = (a for a in self._addresses() if a not in known)
        await self._try_twice(self._choose(fresh, FIRST_IPV4, FIRST_IPV6))

    def _addresses(self) -> list[str]:
        """Addresses of the answers that a computer would use, in order of arrival."""
        if self.endpoint.fixed_address is not None:
            return [self.endpoint.fixed_address]
        resolvers = {r.id: r for r in [*self.tools.own_resolvers, *self.tools.trusted_resolvers]}
        for row in self.rows:
            if row.dns and row.dns.used:
                for address in row.dns.used.addresses:
                    self._told_by.setdefault(address, resolvers.get(row.resolver or ""))
        return list(self._told_by)

    def _hear_late(self) -> None:
        """The addresses of later answers: an injected answer comes first, and the true one behind it."""
        for address in chain.from_iterable(map(late_addresses, self.rows)):
            self._told_by.setdefault(address, LATE)

    # -- addresses -----------------------------------------------------------------------------------------

    def _choose(self, addresses: Iterable[str], ipv4: int, ipv6: int) -> list[str]:
        usable = [a for a in addresses if has_route(a)]
        four = [a for a in usable if ":" not in a][:ipv4]
        return four + [a for a in usable if ":" in a][:ipv6]

    def _note_no_route(self, address: str) -> None:
        deep = deepest(self.endpoint.probes)
        if deep is not None:
            fields = blank(self._target(address), self.tools.context, deep)
            row = Observation(**{**fields, "stage": "connect", "failure": "network_unreachable"})  # type: ignore[arg-type] # fields of one table
            self._keep(row, (NO_ROUTE_FLAG,))

    def _target(self, address: str, attempt: int = 1) -> Target:
        return Target(
            platform=self.platform,
            role=self.role,
            endpoint=self.endpoint,
            address=address,
            resolver=self._told_by.get(address),
            attempt=attempt,
        )

    async def _try(self, addresses: Sequence[str], attempt: int, quic: bool = False) -> None:
        deep = deepest(self.endpoint.probes)
        work = [self._probe(deep, self._target(a, attempt)) for a in addresses if deep is not None]
        if quic and "quic" in self.endpoint.probes:
            work += [self._probe("quic", self._target(a)) for a in addresses[:1]]
        await asyncio.gather(*work)

    async def _try_again(self) -> None:
        if not self.system_fails:
            return
        deep = deepest(self.endpoint.probes)
        tried = {o.address: o for o in self.rows if o.probe == deep and o.address}
        failed = [a for a, o in tried.items() if a and not _good(o) and has_route(a)]
        rest = [a for a in self._addresses() if a not in tried]
        room = max(0, MOST_ADDRESSES - len(tried))
        await self._try(failed, attempt=2)
        if not self.works:
            await self._try_twice(self._choose(rest, room, 0))
        elif self.system_fails:
            await self._try_twice(self._choose(filter(self._own, rest), room, 0))

    async def _try_twice(self, addresses: Sequence[str]) -> None:
        """Fresh addresses, and once more while none that the system's resolver told works."""
        await self._try(addresses, attempt=1)
        if self.system_fails:
            await self._try(addresses, attempt=2)

    def _own(self, address: str) -> bool:
        resolver = self._told_by.get(address)
        return resolver is None or resolver.doh is None

    async def _read_again(self) -> None:
        """Where clear text brought something else, once more: notices and proxies' troubles pass."""
        if self.misread:
            again = dict.fromkeys(o.address for o in self._answers() if o.address and not refuses(o))
            await self._try(list(again), attempt=2)

    async def _quic_again(self) -> None:
        """Once more at the address tried, and at one that works over TCP: the first may have been a dead node."""
        quic = [o for o in self.rows if o.probe == "quic"]
        if not quic or not all(o.failure for o in quic):
            return
        tried = [o.address for o in quic if o.address]
        working = [o.address for o in self.rows if o.address and vouched(o)]
        fresh = [] if set(tried) & set(working) else working[:1]
        await asyncio.gather(*(self._probe("quic", self._target(a, 1)) for a in fresh))
        await asyncio.gather(*(self._probe("quic", self._target(a, 2)) for a in [*tried, *fresh]))

    # -- one probe -----------------------------------------------------------------------------------------

    async def _probe(self, name: str, target: Target, flags: tuple[str, ...] = ()) -> None:
        context = self.tools.context
        start, moment = context.clock.monotonic(), self.tools.mishaps.now()
        try:
            row = await self._slots(name, target).run(lambda: PROBES[name](target, context))
        except asyncio.CancelledError:
            self._keep(_cancelled(name, target, context), flags)
            raise
        except (OSError, EOFError) as error:  # a probe let one through: still a record, and never lost
            row = _cancelled(name, target, context, of_exception(error))
        lag = self.tools.lag.between(start, context.clock.monotonic())
        late = (("lag",) if lag > LAG_LIMIT and name != "dns" else ()) + self.tools.mishaps.since(moment)
        row = msgspec.structs.replace(row, lag=round(lag, 4))
        for part in split(row, self.endpoint.probes, context) if not flags else [row]:
            self._keep(part, flags + late)

    def _slots(self, name: str, target: Target) -> Slots:
        if name != "dns":
            return self.tools.slots
        return self.tools.dns_again if target.attempt > 1 else self.tools.dns_slots

    def _keep(self, row: Observation, flags: tuple[str, ...]) -> None:
        row = msgspec.structs.replace(row, flags=row.flags + self.flags + flags)
        self.rows.append(row)
        self.tools.keep(row)


def _good(row: Observation) -> bool:
    return row.failure is None or row.failure in ANSWERED_ANYWAY


def _cancelled(name: str, target: Target, context: Context, failure: str = "interrupted") -> Observation:
    return Observation(**{**blank(target, context, name), "failure": failure})  # type: ignore[arg-type] # fields of one table
