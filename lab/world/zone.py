"""What a resolver of the lab answers: pure, a question in, an `Answer` out."""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import msgspec

from lab.world.changes import NameChange, WorldChanges, name_change
from lab.world.plan import PORTAL_NAME, Plan, nat64

_TTL: Final = 60  # seconds, of every record

_RCODES: Final = {
    "nxdomain": dns.rcode.NXDOMAIN,
    "servfail": dns.rcode.SERVFAIL,
    "refused": dns.rcode.REFUSED,
}


class Answer(msgspec.Struct, frozen=True):
    """One answer: `wire` None is silence."""

    wire: bytes | None
    delay: float = 0.0  # seconds


class Zone:
    """One resolver's view. `chance` gives a number from 0 to 1 for each question that may be lost."""

    def __init__(self, plan: Plan, world: WorldChanges, trusted: bool, chance: Callable[[], float]) -> None:
        self._plan = plan
        self._world = world
        self._trusted = trusted
        self._chance = chance
        self._asked: dict[str, int] = {}

    def answer(self, wire: bytes) -> Answer:
        """Answer a question; what is no question gets silence."""
        try:
            query = dns.message.from_wire(wire)
        except Exception:  # noqa: BLE001 - dnspython raises many types on garbage, all mean "no question"
            return Answer(None)
        if len(query.question) != 1 or query.flags & dns.flags.QR:
            return Answer(None)
        asked = query.question[0]
        name = asked.name.to_text(omit_final_dot=True).lower()
        change = self._change(name)
        if change is None:
            return Answer(self._reply(query, self._usual(name), asked.rdtype))
        if change.loss and self._chance() < change.loss:
            return Answer(None)
        return Answer(self._changed(query, name, asked.rdtype, change), change.delay)

    def _change(self, name: str) -> NameChange | None:
        if self._world.captive_portal and not self._trusted:
            return NameChange(names=("*",), says="portal")
        change = name_change(self._world, name, self._trusted)
        if change is None or not change.spare_first:
            return change
        self._asked[name] = self._asked.get(name, 0) + 1
        return change if self._asked[name] > change.spare_first else None

    def _changed(
        self, query: dns.message.Message, name: str, kind: dns.rdatatype.RdataType, change: NameChange
    ) -> bytes | None:
        if change.says == "silence":
            return None
        if change.says in _RCODES:
            reply = dns.message.make_response(query, recursion_available=True)
            reply.set_rcode(_RCODES[change.says])
            return reply.to_wire()
        addresses = {
            None: self._usual(name),
            "empty": (),
            "regional": self._regional(name),
            "portal": self._plan.names[PORTAL_NAME],
            "addresses": change.addresses,
        }[change.says]
        return self._reply(query, addresses, kind)

    def _usual(self, name: str) -> tuple[str, ...] | None:
        addresses = self._plan.names.get(name)
        if addresses is None or not self._world.nat64 or self._trusted:
            return addresses
        # DNS64 (RFC 6147): IPv6 answers are made up only for names that have none of their own.
        own = any(":" in address for address in addresses)
        return addresses if own else (*addresses, *(nat64(address) for address in addresses))

    def _regional(self, name: str) -> tuple[str, ...]:
        network = self._plan.network_of(name)
        return network.regional if network else ()

    def _reply(
        self,
        query: dns.message.Message,
        addresses: tuple[str, ...] | None,
        kind: dns.rdatatype.RdataType,
    ) -> bytes:
        reply = dns.message.make_response(query, recursion_available=True)
        if addresses is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
            return reply.to_wire()
        version = {dns.rdatatype.A: 4, dns.rdatatype.AAAA: 6}.get(kind)
        fitting = [one for one in addresses if ip_address(one).version == version]
        if fitting:
            name = query.question[0].name
            reply.answer.append(dns.rrset.from_text(name, _TTL, dns.rdataclass.IN, kind, *fitting))
        return reply.to_wire()
