"""Nothing gets through: in silence, with a TCP reset, or with an ICMP message."""

import random

from lab.censor.actions.base import Moment, Outcome
from lab.packets import ACK, ICMP, ICMPV6, RST, TCP, Packet, ends_of, tcp, unreachable
from lab.path.emission import Emission
from lab.scenario import Drop, Reset, Rule, Unreachable


class DropHandler:
    """Trigger: any packet. Relies on nothing."""

    def __init__(self, action: Drop, rule: Rule, rng: random.Random) -> None:
        pass

    def act(self, moment: Moment) -> Outcome | None:
        return Outcome(None)


class ResetHandler:
    """Trigger: a TCP packet. Relies on the packet's own numbers, so that both ends accept the reset (RFC 5961)."""

    def __init__(self, action: Reset, rule: Rule, rng: random.Random) -> None:
        self._action, self._rule = action, rule

    def act(self, moment: Moment) -> Outcome | None:
        packet, action = moment.packet, self._action
        if packet.protocol != TCP or packet.flags & RST:
            return None
        sender, receiver = ("client", "server") if moment.up else ("server", "client")
        forged = []
        if action.to in (sender, "both"):
            forged.append(self._emission(moment, not moment.up, reset_to_sender(packet, action.ip_ttl)))
        if action.to in (receiver, "both"):
            forged.append(self._emission(moment, moment.up, self._onwards(packet)))
        return Outcome(None if action.drop else moment.now, tuple(forged))

    def _emission(self, moment: Moment, up: bool, data: bytes) -> Emission:
        return Emission(moment.now, up, data, self._rule.hop, forged=True)

    def _onwards(self, packet: Packet) -> bytes:
        # A receiver that never gets the packet expects its number, one that got it the number behind it
        sequence = packet.sequence if self._action.drop else packet.next_sequence
        return tcp(ends_of(packet), sequence, packet.acknowledgement, RST | ACK, ttl=self._action.ip_ttl)


def reset_to_sender(packet: Packet, ip_ttl: int) -> bytes:
    """A reset in the receiver's name; for a SYN it is "connection refused" (RFC 9293 section 3.10.7.1)."""
    sequence = packet.acknowledgement if packet.flags & ACK else 0
    return tcp(ends_of(packet).reversed(), sequence, packet.next_sequence, RST | ACK, ttl=ip_ttl)


class UnreachableHandler:
    """Trigger: any packet; one of ICMP is dropped in silence (RFC 1122 section 3.2.2). The message is from the hop."""

    def __init__(self, action: Unreachable, rule: Rule, rng: random.Random) -> None:
        self._action, self._rule = action, rule

    def act(self, moment: Moment) -> Outcome | None:
        if moment.packet.protocol in (ICMP, ICMPV6):
            return Outcome(None)
        hop = self._rule.hop
        router = moment.routers[moment.packet.version][hop - 1]
        message = unreachable(router, moment.packet.data, self._action.code)
        return Outcome(None, (Emission(moment.now, not moment.up, message, hop, forged=True),))
