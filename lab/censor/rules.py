"""A scenario's rules made ready to be asked about flows and packets. Pure."""

import random
from collections.abc import Mapping

from lab.censor.actions import handler_for
from lab.censor.flows import Flow
from lab.censor.names import address_matches, name_matches, networks
from lab.censor.reading import DNS_PORT, Sighting
from lab.packets import ACK, FIN, ICMP, ICMPV6, RST, SYN, TCP, UDP, Packet
from lab.scenario import Rule, Scenario, Trigger
from lab.windows import WindowClock

_PROTOCOLS: Mapping[str, tuple[int, ...]] = {"tcp": (TCP,), "udp": (UDP,), "icmp": (ICMP, ICMPV6)}


class Matcher:
    """A trigger: what of it can be told from a flow's ends, and what from a name."""

    def __init__(self, trigger: Trigger) -> None:
        self._trigger = trigger
        self._networks = networks(trigger.prefixes)
        self._protocols = tuple(number for word in trigger.protocols for number in _PROTOCOLS[word])
        self._names = {
            kind: tuple(name.lower() for name in patterns)
            for kind, patterns in (
                ("dns", trigger.dns),
                ("sni", trigger.sni),
                ("quic_sni", trigger.quic_sni),
                ("host", trigger.host),
            )
            if patterns
        }
        self.reassembly = trigger.reassembly

    @property
    def wants_name(self) -> bool:
        return bool(self._names)

    def ends_match(self, flow: Flow) -> bool:
        """Whether address, port and protocol fit, and names of the kinds wanted can be in such a flow at all."""
        trigger = self._trigger
        if trigger.ports and flow.server_port not in trigger.ports:
            return False
        if self._protocols and flow.protocol not in self._protocols:
            return False
        if self._networks and not address_matches(self._networks, flow.server):
            return False
        return not self._names or self._can_carry(flow)

    def _can_carry(self, flow: Flow) -> bool:
        if flow.server_port == DNS_PORT and flow.protocol in (TCP, UDP):
            return "dns" in self._names
        if flow.protocol == TCP:
            return "sni" in self._names or "host" in self._names
        return flow.protocol == UDP and "quic_sni" in self._names

    def name_matches(self, seen: Sighting) -> bool:
        types = self._trigger.dns_types
        if seen.kind == "dns" and types and seen.dns_type not in types:
            return False
        return name_matches(self._names.get(seen.kind, ()), seen.name)


class Marks:
    """What a box remembers for some seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: dict[tuple[object, ...], float] = {}

    def set(self, now: float, *key: object) -> None:
        if self._seconds:
            self._until[key] = now + self._seconds

    def holds(self, now: float, *key: object) -> bool:
        return bool(self._seconds) and now < self._until.get(key, 0.0)


class BoundRule:
    """A rule with its state."""

    def __init__(self, rule: Rule, index: int, hops: int, epoch: float, rng: random.Random) -> None:
        self.rule, self.index = rule, index
        self.matcher = Matcher(rule.trigger)
        self.unless = Matcher(rule.unless) if rule.unless else None
        self.handler = handler_for(rule, rng)
        self._window = WindowClock(rule.window, epoch)
        self._reach = {True: rule.hop, False: hops + 1 - rule.hop}  # TTL needed to get to the box
        self._left = rule.times
        self._rng = rng
        self._residual, self._memory = Marks(rule.residual), Marks(rule.memory)

    @property
    def asks(self) -> bool:
        """Whether a name can change what the rule does."""
        return self.matcher.wants_name or (self.unless is not None and self.unless.wants_name)

    # --- flows --------------------------------------------------------------------------------------------------------

    def chosen(self) -> bool:
        """Whether a flow that matches is among the share acted on."""
        return self.rule.share >= 1 or self._rng.random() < self.rule.share

    def remembered(self, now: float, flow: Flow) -> bool:
        return self._residual.holds(now, flow.client, flow.server, flow.server_port) or self._memory.holds(
            now, flow.server
        )

    def remember(self, now: float, flow: Flow) -> None:
        if self._window.open(now):
            self._residual.set(now, flow.client, flow.server, flow.server_port)
            self._memory.set(now, flow.server)

    def spares(self, flow: Flow, seen: Sighting | None) -> bool:
        """Whether `unless` matches the flow, given the name seen in it (None: none yet)."""
        unless = self.unless
        if unless is None or not unless.ends_match(flow):
            return False
        return not unless.wants_name or (seen is not None and unless.name_matches(seen))

    # --- packets ------------------------------------------------------------------------------------------------------

    def reached(self, up: bool, ttl: int) -> bool:
        """Whether a packet that entered with `ttl` gets as far as the box."""
        return ttl >= self._reach[up]

    def applies(self, now: float, flow: Flow, packet: Packet, up: bool) -> bool:
        """Whether the rule, in force on `flow`, is about this packet now."""
        rule = self.rule
        return (
            rule.direction in ("both", "up" if up else "down")
            and flow.carried >= rule.after_bytes
            and (rule.until_bytes is None or flow.carried < rule.until_bytes)
            and now - flow.first >= rule.after_seconds
            and _is(rule.packets, packet)
            and self._left != 0
            and self._window.open(now)
        )

    def count(self) -> None:
        if self._left is not None:
            self._left -= 1


def _is(kind: str, packet: Packet) -> bool:
    if kind == "all":
        return True
    if kind == "data":
        return packet.body_length > 0
    if packet.protocol != TCP:
        return False
    if kind == "syn":
        return packet.flags & (SYN | ACK) == SYN
    return packet.body_length == 0 and packet.flags & (SYN | FIN | RST | ACK) == ACK


def bind(scenario: Scenario, epoch: float, rng: random.Random) -> list[BoundRule]:
    """The scenario's rules; `epoch` is the UTC time (seconds since 1970) at which its clock shows 0."""
    hops = len(scenario.link.hops)
    return [BoundRule(rule, index, hops, epoch, rng) for index, rule in enumerate(scenario.rules)]
