"""The ground truth: what the censor did, one entry for each flow and rule. Pure."""

import socket
from dataclasses import asdict, dataclass
from typing import Any

from lab.censor.flows import Flow
from lab.packets import ICMP, ICMPV6, TCP, UDP
from lab.scenario import Rule

_PROTOCOLS = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMPV6: "icmp"}


@dataclass(slots=True)
class Act:
    """All that one rule did to one flow."""

    rule: str
    action: str  # "dns_answer", "drop", "police" ...
    hop: int
    protocol: str
    client: str
    client_port: int
    server: str
    server_port: int
    name: str | None  # that the box had read in the flow
    first: float  # seconds of the scenario's clock
    last: float
    first_time: float  # UTC, seconds since 1970
    packets: int = 0  # that were dropped, held back, changed or answered; not those that conformed
    bytes: int = 0  # of these, IP headers included


class ActLog:
    """Collects acts; many packets of one flow make one entry."""

    def __init__(self, epoch: float) -> None:
        self._epoch = epoch
        self._acts: dict[tuple[int, str, str | None], Act] = {}

    def note(self, now: float, flow: Flow, rule: Rule, size: int) -> None:
        key = (flow.number, rule.name, flow.name)
        act = self._acts.get(key)
        if act is None:
            act = self._acts[key] = self._begin(now, flow, rule)
        act.last = now
        act.packets += 1
        act.bytes += size

    def _begin(self, now: float, flow: Flow, rule: Rule) -> Act:
        return Act(
            rule=rule.name,
            action=action_word(rule),
            hop=rule.hop,
            protocol=_PROTOCOLS.get(flow.protocol, str(flow.protocol)),
            client=_text(flow.client),
            client_port=flow.client_port,
            server=_text(flow.server),
            server_port=flow.server_port,
            name=flow.name,
            first=now,
            last=now,
            first_time=self._epoch + now,
        )

    def entries(self) -> list[dict[str, Any]]:
        """As plain values, in the order of their beginnings; each is one line of NDJSON."""
        return [{"type": "act", **asdict(act)} for act in self._acts.values()]


def action_word(rule: Rule) -> str:
    """ "DnsAnswer" -> "dns_answer"."""
    word = type(rule.action).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in word).strip("_")


def _text(address: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)
