"""Let the server's bytes pass a few at a time."""

import random
from dataclasses import dataclass

from lab.censor.actions.base import Moment, Outcome
from lab.packets import FIN, TCP, ends_of, tcp
from lab.path.emission import Emission
from lab.scenario import Dribble, Rule

# TCP data offset to its options: the header's first 20 bytes are rebuilt
_OPTIONS = 20


@dataclass(slots=True)
class _Progress:
    """How far the stream has been let through, and when the next piece may go."""

    end: int | None = None  # sequence number
    next_at: float = 0.0


class DribbleHandler:
    """Trigger: TCP segments from the server. What was let through once is not repeated when the server repeats it."""

    def __init__(self, action: Dribble, rule: Rule, rng: random.Random) -> None:
        self._action, self._rule = action, rule

    def act(self, moment: Moment) -> Outcome | None:
        packet = moment.packet
        if moment.up or packet.protocol != TCP or not packet.body_length:
            return None
        progress: _Progress = moment.state(self._rule.name, _Progress)
        if progress.end is None:
            progress.end, progress.next_at = packet.sequence, moment.now
        known = (progress.end - packet.sequence) & 0xFFFFFFFF
        if known > packet.body_length:
            # Wholly repeated (a difference behind), or a gap before it (a difference ahead): wait for the right one
            return Outcome(None)
        pieces = []
        body = packet.body
        for at in range(known, len(body), self._action.chunk):
            piece = body[at : at + self._action.chunk]
            last = at + len(piece) == len(body)
            flags = packet.flags if last else packet.flags & ~FIN
            sequence = (packet.sequence + at) & 0xFFFFFFFF
            progress.next_at = max(progress.next_at, moment.now) + self._action.interval
            pieces.append(self._piece(moment, progress.next_at, sequence, flags, piece))
            progress.end = (sequence + len(piece)) & 0xFFFFFFFF
        return Outcome(None, tuple(pieces))

    def _piece(self, moment: Moment, at: float, sequence: int, flags: int, body: bytes) -> Emission:
        packet = moment.packet
        data = tcp(
            ends_of(packet),
            sequence,
            packet.acknowledgement,
            flags,
            body,
            window=packet.window,
            options=packet.data[packet.transport + _OPTIONS : packet.payload],
            ttl=packet.ttl,
        )
        return Emission(at, False, data, self._rule.hop)
