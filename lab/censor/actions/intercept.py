"""Lead a flow to another server, which answers in the real one's name.

Without a name in the trigger, addresses (and port) are rewritten from the first packet on. With one, the real server
has accepted the connection by the time the name is read, so the box opens one of its own to the other server, with the
client's address, port and initial sequence number, repeats what the client has said, and from then on shifts the other
server's sequence numbers to where the real one's began. Its SYN carries no timestamps and no SACK, so nothing else in
the segments needs to be translated; RFC 7323 lets the client's timestamps be ignored.
"""

import random
import socket
import struct
from dataclasses import dataclass

from lab.censor.actions.base import Moment, Outcome
from lab.censor.reading import TcpReader
from lab.packets import ACK, PSH, RST, SYN, TCP, UDP, Ends, Packet, ends_of, tcp, udp, window_scale
from lab.path.emission import Emission
from lab.scenario import Intercept, Rule

_SEGMENT = 1200  # fits every path of the lab
_WINDOW = 65_535
_MSS = struct.pack(">BBH", 2, 4, _SEGMENT)
_LARGEST_WINDOW = 0xFFFF


@dataclass(slots=True)
class _Takeover:
    """A connection that is or was led away."""

    port: int = 0  # of the intercepting server
    words: bytes = b""  # what the client had said before
    first: int = 0  # the client's initial sequence number
    waiting: bool = False  # for the other server's SYN-ACK
    shift: int = 0  # real server's numbers minus the other's
    other_scale: int = 0  # of the other server's windows; the client reads them by the real one's
    real_scale: int = 0

    def window(self, told: int) -> int:
        """The other server's window as the client must be told it."""
        return min(told << self.other_scale >> self.real_scale, _LARGEST_WINDOW)


class InterceptHandler:
    """Trigger: a flow by its ends, or by a name in TCP."""

    def __init__(self, action: Intercept, rule: Rule, rng: random.Random) -> None:
        self._action, self._rule = action, rule

    def act(self, moment: Moment) -> Outcome | None:
        packet = moment.packet
        if packet.protocol not in (TCP, UDP):
            return None
        takeover = moment.flow.states.get(self._rule.name)
        if takeover is None:
            takeover = moment.flow.states[self._rule.name] = _Takeover(
                port=self._action.port or moment.flow.server_port
            )
            moment.flows.add_alias(moment.flow, self._address(packet), takeover.port)
            if packet.protocol == TCP and not packet.flags & SYN:
                return self._begin(moment, takeover)
        if takeover.waiting:
            return self._answered(moment, takeover)
        return Outcome(None, self._translate(moment, takeover))

    def _address(self, packet: Packet) -> bytes:
        if packet.version == 4:
            return socket.inet_pton(socket.AF_INET, self._action.ipv4)
        return socket.inet_pton(socket.AF_INET6, self._action.ipv6)

    # --- taking over a connection that exists -------------------------------------------------------------------------

    def _begin(self, moment: Moment, takeover: _Takeover) -> Outcome:
        """Open a connection to the other server, and end the real one's."""
        packet, flow = moment.packet, moment.flow
        takeover.waiting = True
        reader = flow.readers.get(self._rule.hop)
        takeover.words = reader.stream.data if isinstance(reader, TcpReader) else packet.body
        takeover.first = flow.client_first
        takeover.shift = packet.acknowledgement
        options = _MSS
        if flow.client_scale is not None and flow.server_scale is not None:
            options += struct.pack(">BBB", 3, 3, flow.client_scale)
            takeover.real_scale = flow.server_scale
        there = Ends(packet.source, packet.source_port, self._address(packet), takeover.port)
        knock = tcp(there, takeover.first, 0, SYN, window=_WINDOW, options=options)
        farewell = tcp(ends_of(packet), packet.sequence, packet.acknowledgement, RST | ACK)
        return Outcome(None, (self._to_server(moment, knock), self._to_server(moment, farewell)))

    def _answered(self, moment: Moment, takeover: _Takeover) -> Outcome:
        packet = moment.packet
        if moment.up or packet.flags & (SYN | ACK) != SYN | ACK:
            return Outcome(None)  # the client repeats itself, or the real server's last packets come
        takeover.waiting = False
        takeover.shift = (takeover.shift - packet.sequence - 1) & 0xFFFFFFFF
        takeover.other_scale = window_scale(packet) or 0
        there = ends_of(packet).reversed()
        said = []
        for at in range(0, len(takeover.words), _SEGMENT):
            words = takeover.words[at : at + _SEGMENT]
            sequence = takeover.first + 1 + at
            data = tcp(there, sequence, packet.sequence + 1, PSH | ACK, words, window=_WINDOW)
            said.append(self._to_server(moment, data))
        return Outcome(None, tuple(said))

    def _to_server(self, moment: Moment, data: bytes) -> Emission:
        return Emission(moment.now, True, data, self._rule.hop, forged=True)

    # --- in between ---------------------------------------------------------------------------------------------------

    def _translate(self, moment: Moment, takeover: _Takeover) -> tuple[Emission, ...]:
        packet, flow, up = moment.packet, moment.flow, moment.up
        other = self._address(packet)
        if up:
            ends = Ends(packet.source, packet.source_port, other, takeover.port)
        elif packet.source == other:
            ends = Ends(flow.server, flow.server_port, packet.destination, packet.destination_port)
        else:
            return ()  # the real server's
        if packet.protocol == UDP:
            data = udp(ends, packet.body, ttl=packet.ttl)
        else:
            data = tcp(
                ends,
                packet.sequence + (0 if up else takeover.shift),
                packet.acknowledgement - (takeover.shift if up and packet.flags & ACK else 0),
                packet.flags,
                packet.body,
                window=packet.window if up else takeover.window(packet.window),
                options=packet.data[packet.transport + 20 : packet.payload],
                ttl=packet.ttl,
            )
        return (Emission(moment.now, up, data, self._rule.hop),)
