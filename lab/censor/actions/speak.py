"""A box that speaks in the server's name inside a TCP connection: FIN, TLS alert, block page, DNS over TCP."""

import random
from dataclasses import dataclass

from lab.censor.actions.base import Moment, Outcome
from lab.packets import ACK, FIN, PSH, RST, TCP, ends_of, tcp
from lab.path.emission import Emission
from lab.scenario import BlockPage, Fin, Rule, TlsAlert

# Fits every path of the lab, whose smallest MTU is IPv6's 1280.
_SEGMENT = 1200

# What a busy server announces; nothing is read from the client any more.
_WINDOW = 29_200

_ALERT, _FATAL = 21, 2
_TLS_1_2 = b"\x03\x03"  # the record version that TLS 1.3 uses, too (RFC 8446 section 5.1)


@dataclass(slots=True)
class _Conversation:
    """A connection taken over: the next number in the server's name."""

    next_sequence: int = -1


def speak(moment: Moment, rule: Rule, words: bytes) -> Outcome | None:
    """Say `words` to the client, then FIN, and reset the server; later packets of the flow are acknowledged or eaten.

    Begins at the first packet with payload from the client; None before.
    """
    packet = moment.packet
    if packet.protocol != TCP:
        return None
    conversation: _Conversation = moment.state(rule.name, _Conversation)
    if conversation.next_sequence >= 0:
        return Outcome(None, _acknowledge(moment, rule, conversation))
    if not moment.up or not packet.body_length:
        return None
    to_client = ends_of(packet).reversed()
    sequence, parts = (
        packet.acknowledgement,
        [words[at : at + _SEGMENT] for at in range(0, len(words), _SEGMENT)],
    )
    said = []
    for part in parts:
        data = tcp(to_client, sequence, packet.next_sequence, PSH | ACK, part, window=_WINDOW)
        said.append(Emission(moment.now, False, data, rule.hop, forged=True))
        sequence = (sequence + len(part)) & 0xFFFFFFFF
    end = tcp(to_client, sequence, packet.next_sequence, FIN | ACK, window=_WINDOW)
    said.append(Emission(moment.now, False, end, rule.hop, forged=True))
    conversation.next_sequence = (sequence + 1) & 0xFFFFFFFF
    reset = tcp(ends_of(packet), packet.sequence, packet.acknowledgement, RST | ACK)
    said.append(Emission(moment.now, True, reset, rule.hop, forged=True))
    return Outcome(None, tuple(said))


def _acknowledge(moment: Moment, rule: Rule, conversation: _Conversation) -> tuple[Emission, ...]:
    """Lets the client close in peace instead of repeating its FIN for minutes."""
    packet = moment.packet
    if not moment.up or packet.flags & RST or packet.next_sequence == packet.sequence:
        return ()
    data = tcp(
        ends_of(packet).reversed(), conversation.next_sequence, packet.next_sequence, ACK, window=_WINDOW
    )
    return (Emission(moment.now, False, data, rule.hop, forged=True),)


class FinHandler:
    """Trigger: the client's payload."""

    def __init__(self, action: Fin, rule: Rule, rng: random.Random) -> None:
        self._rule = rule

    def act(self, moment: Moment) -> Outcome | None:
        return speak(moment, self._rule, b"")


class TlsAlertHandler:
    """Trigger: the client's payload, a ClientHello as a rule."""

    def __init__(self, action: TlsAlert, rule: Rule, rng: random.Random) -> None:
        self._rule = rule
        self._words = bytes([_ALERT, *_TLS_1_2, 0, 2, _FATAL, action.description])

    def act(self, moment: Moment) -> Outcome | None:
        return speak(moment, self._rule, self._words)


class BlockPageHandler:
    """Trigger: the client's payload, a clear-text HTTP request as a rule."""

    def __init__(self, action: BlockPage, rule: Rule, rng: random.Random) -> None:
        self._rule = rule
        body = action.body.encode()
        location = f"Location: {action.location}\r\n" if action.location else ""
        head = (
            f"HTTP/1.1 {action.status} Blocked\r\n{location}Content-Type: text/html; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self._words = head.encode() + body

    def act(self, moment: Moment) -> Outcome | None:
        return speak(moment, self._rule, self._words)
