"""Flows as a box on the path keeps them. Pure."""

from dataclasses import dataclass, field
from typing import Any

from lab.censor.reading import Reader
from lab.packets import SYN, TCP, UDP, Packet, parse, window_scale

# Of the state that a box keeps for an idle flow: about ten minutes in the box measured best (Xue et al., IMC 2021).
IDLE_SECONDS = 600.0

# How often idle flows are looked for; a sweep of some thousand flows takes a millisecond.
_SWEEP_SECONDS = 60.0


@dataclass(slots=True, eq=False)
class Flow:
    """One (protocol, client address and port, server address and port)."""

    number: int  # counts the flows of a table
    protocol: int
    client: bytes
    client_port: int
    server: bytes
    server_port: int
    first: float  # time of the first packet
    last: float
    client_first: int  # the client's initial sequence number; of TCP
    carried: int = 0  # bytes of transport payload that got past the boxes, both directions
    name: str | None = None  # that a box has read in it
    active: list[Any] = field(default_factory=list)  # rules in force, in the scenario's order
    candidates: list[Any] = field(default_factory=list)  # rules that wait for a name
    readers: dict[int, Reader] = field(default_factory=dict)  # by hop: boxes see different packets of it
    states: dict[str, Any] = field(default_factory=dict)  # what an action keeps, by the rule's name
    held_until: list[float] = field(default_factory=lambda: [0.0, 0.0])  # of the packets that go down, up
    client_scale: int | None = None  # window scale that each end offered in its SYN
    server_scale: int | None = None

    @property
    def watched(self) -> bool:
        return bool(self.active or self.candidates)

    def note_syn(self, packet: Packet, up: bool) -> None:
        if up:
            self.client_scale = window_scale(packet)
        else:
            self.server_scale = window_scale(packet)


class FlowTable:
    """Finds a packet's flow from a slice of its bytes: most packets belong to flows that no rule is about."""

    def __init__(self) -> None:
        self._flows: dict[tuple[bool, int, bytes], Flow] = {}
        self._count = 0
        self._next_sweep = _SWEEP_SECONDS

    def find(self, data: bytes, up: bool) -> Flow | None:
        """None for a packet that begins a flow."""
        key, begins = _key(data, up)
        return None if begins else self._flows.get(key)

    def add(self, packet: Packet, up: bool, now: float) -> Flow:
        """Begin the flow of `packet`."""
        ends = (packet.source, packet.source_port), (packet.destination, packet.destination_port)
        client, server = ends if up else ends[::-1]
        self._count += 1
        flow = Flow(
            self._count,
            packet.protocol,
            *client,
            *server,
            first=now,
            last=now,
            client_first=_client_first(packet, up),
        )
        self._flows[(up, packet.protocol, _ends(packet))] = flow
        self._flows[(not up, packet.protocol, _reversed_ends(packet))] = flow
        if now >= self._next_sweep:
            self._sweep(now)
        return flow

    def add_alias(self, flow: Flow, server: bytes, port: int) -> None:
        """Count packets that come down from another server (and port) as `flow`'s."""
        ports = port.to_bytes(2, "big") + flow.client_port.to_bytes(2, "big")
        self._flows[(False, flow.protocol, server + flow.client + ports)] = flow

    def _sweep(self, now: float) -> None:
        self._next_sweep = now + _SWEEP_SECONDS
        self._flows = {key: flow for key, flow in self._flows.items() if now - flow.last < IDLE_SECONDS}


def _client_first(packet: Packet, up: bool) -> int:
    """A box that came too late for the SYN takes the first byte it sees for the stream's first."""
    next_byte = packet.sequence if up else packet.acknowledgement
    return next_byte if packet.flags & SYN and up else (next_byte - 1) & 0xFFFFFFFF


def _key(data: bytes, up: bool) -> tuple[tuple[bool, int, bytes], bool]:
    """(key, whether the packet is a client's SYN)."""
    first = data[0]
    if first == 0x45 and not (data[6] & 0x3F or data[7]) and (protocol := data[9]) in (TCP, UDP):
        return (up, protocol, data[12:24]), up and protocol == TCP and bool(data[33] & SYN)
    if first >> 4 == 6 and (protocol := data[6]) in (TCP, UDP):
        return (up, protocol, data[8:44]), up and protocol == TCP and bool(data[53] & SYN)
    packet = parse(data)
    if packet is None:
        return (up, -1, b""), False
    begins = up and packet.protocol == TCP and bool(packet.flags & SYN)
    return (up, packet.protocol, _ends(packet)), begins


def _ends(packet: Packet) -> bytes:
    ports = packet.source_port.to_bytes(2, "big") + packet.destination_port.to_bytes(2, "big")
    return packet.source + packet.destination + ports


def _reversed_ends(packet: Packet) -> bytes:
    ports = packet.destination_port.to_bytes(2, "big") + packet.source_port.to_bytes(2, "big")
    return packet.destination + packet.source + ports
