"""The censor: all boxes of a scenario on the path. Pure.

For each flow the rules that its ends fit are found once: those without a name in their trigger are in force at once,
those with one wait until a box has read a name. Packets of flows that no rule is about pass after one dictionary
look-up.
"""

import random
import socket
from typing import Any

from lab.censor.actions.base import Moment
from lab.censor.acts import ActLog
from lab.censor.flows import Flow, FlowTable
from lab.censor.names import MORE
from lab.censor.reading import DNS_PORT, Seen, Sighting, new_quic_reader, reader_for
from lab.censor.rules import BoundRule, bind
from lab.packets import SYN, TCP, UDP, Packet, parse
from lab.path.emission import Emission
from lab.scenario import Scenario


class Censor:
    """The rules of one scenario at work. `epoch` is the UTC time (seconds since 1970) at `now` = 0."""

    def __init__(self, scenario: Scenario, epoch: float) -> None:
        if any(rule.trigger.quic_sni or (rule.unless and rule.unless.quic_sni) for rule in scenario.rules):
            new_quic_reader()  # so that no packet waits for its loading
        self._rules = bind(scenario, epoch, random.Random(scenario.seed))
        self._flows = FlowTable()
        self._log = ActLog(epoch)
        hops = scenario.link.hops
        self._routers = {
            4: [socket.inet_pton(socket.AF_INET, hop.ipv4) for hop in hops],
            6: [socket.inet_pton(socket.AF_INET6, hop.ipv6) for hop in hops],
        }

    def acts(self) -> list[dict[str, Any]]:
        """The ground truth so far."""
        return self._log.entries()

    def process(self, now: float, up: bool, data: bytes, ttl: int) -> list[Emission] | None:
        """What becomes of a packet: None = it passes as it is; [] = it is gone."""
        flow = self._flows.find(data, up)
        packet = None
        if flow is None:
            packet = parse(data)
            if packet is None:
                return None
            flow = self._begin(packet, up, now)
        flow.last = now
        if not flow.watched:
            return None
        packet = packet or parse(data)
        if packet is None:
            return None
        if packet.protocol == TCP and packet.flags & SYN:
            flow.note_syn(packet, up)
        if up and packet.body_length:
            self._read(now, flow, packet, ttl)
        return self._act(Moment(now, flow, packet, up, self._flows, self._routers), ttl)

    # --- which rules are in force -------------------------------------------------------------------------------------

    def _begin(self, packet: Packet, up: bool, now: float) -> Flow:
        flow = self._flows.add(packet, up, now)
        for rule in self._rules:
            if not rule.matcher.ends_match(flow) or rule.spares(flow, None):
                continue
            if rule.matcher.wants_name and not rule.remembered(now, flow):
                flow.candidates.append(rule)
            elif rule.chosen():
                flow.active.append(rule)
        return flow

    def _read(self, now: float, flow: Flow, packet: Packet, ttl: int) -> None:
        """Let each box that waits for a name read the packet, if it gets there."""
        asking = [rule for rule in (*flow.candidates, *flow.active) if rule.asks]
        for hop in {rule.rule.hop for rule in asking if rule.reached(True, ttl)}:
            reader = flow.readers.get(hop)
            if reader is None:
                reader = flow.readers[hop] = reader_for(packet, flow.client_first)
            reader.feed(packet)
        every_packet = flow.protocol == UDP and flow.server_port == DNS_PORT
        if every_packet:
            flow.active = [rule for rule in flow.active if not rule.matcher.wants_name]
        for rule in asking:
            reader = flow.readers.get(rule.rule.hop)
            if reader is not None:
                self._decide(now, flow, rule, reader.seen(rule.matcher.reassembly), keep=every_packet)
        flow.active.sort(key=lambda rule: rule.index)

    def _decide(self, now: float, flow: Flow, rule: BoundRule, seen: Seen, *, keep: bool) -> None:
        """Whether `rule` is in force, now that its box has seen so much; `keep` where each packet has its own name."""
        if seen is MORE:
            return
        if isinstance(seen, Sighting):
            flow.name = seen.name
        if rule in flow.candidates and not keep:
            flow.candidates.remove(rule)
        if not isinstance(seen, Sighting):
            return
        if rule.spares(flow, seen):
            if rule in flow.active:
                flow.active.remove(rule)
        elif rule not in flow.active and rule.matcher.name_matches(seen) and rule.chosen():
            flow.active.append(rule)
            rule.remember(now, flow)

    # --- what they do -------------------------------------------------------------------------------------------------

    def _act(self, moment: Moment, ttl: int) -> list[Emission] | None:
        flow, packet, up, at = moment.flow, moment.packet, moment.up, moment.now
        sent: list[Emission] = []
        acted = False
        for rule in tuple(flow.active):
            if not rule.reached(up, ttl) or not rule.applies(moment.now, flow, packet, up):
                continue
            outcome = rule.handler.act(moment if at == moment.now else moment.at(at))
            if outcome is None:
                continue
            acted = True
            rule.count()
            self._log.note(moment.now, flow, rule.rule, len(packet.data))
            sent += outcome.emissions
            if outcome.until is None:
                return sent
            at = outcome.until
        flow.carried += packet.body_length
        # A box keeps a flow's order: what comes after a packet that is held, a repetition for one, waits for it
        held = flow.held_until[up]
        if not acted and held <= at:
            return None
        flow.held_until[up] = max(at, held)
        return [*sent, Emission(flow.held_until[up], up, packet.data, 0)]
