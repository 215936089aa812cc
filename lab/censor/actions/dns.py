"""False answers in the resolver's name."""

import random

from lab.censor.actions.base import Moment, Outcome
from lab.censor.actions.speak import speak
from lab.censor.dns_wire import Question, answer, question_of_stream, read_question
from lab.packets import TCP, UDP, ends_of, udp
from lab.path.emission import Emission
from lab.scenario import DnsAnswer, Rule


class DnsAnswerHandler:
    """Trigger: a DNS question over UDP, or one that fits a segment over TCP. With `race` the question goes on."""

    def __init__(self, action: DnsAnswer, rule: Rule, rng: random.Random) -> None:
        self._action, self._rule = action, rule

    def act(self, moment: Moment) -> Outcome | None:
        packet = moment.packet
        if packet.protocol == TCP:
            return self._over_tcp(moment)
        if packet.protocol != UDP or not moment.up:
            return None
        question = read_question(packet.body)
        if question is None:
            return None
        forged = udp(ends_of(packet).reversed(), self._words(question), ttl=self._action.ip_ttl)
        emission = Emission(moment.now, False, forged, self._rule.hop, forged=True)
        return Outcome(moment.now if self._action.race else None, (emission,))

    def _over_tcp(self, moment: Moment) -> Outcome | None:
        question = question_of_stream(moment.packet.body) if moment.up else None
        words = self._words(question) if question else b""
        return speak(moment, self._rule, len(words).to_bytes(2, "big") + words if words else b"")

    def _words(self, question: Question) -> bytes:
        action = self._action
        return answer(question, rcode=action.rcode, addresses=action.addresses, ttl=action.record_ttl)
