"""Slower or thinner: police, shape, lose, delay."""

import random
from collections.abc import Callable
from typing import Generic, TypeVar

from lab.buckets import Queue, TokenBucket
from lab.censor.actions.base import Moment, Outcome
from lab.scenario import Delay, Lose, Police, Rule, Scope, Shape

Bucket = TypeVar("Bucket")


def scope_key(scope: Scope, moment: Moment) -> tuple[object, ...]:
    """Whose bucket it is. Each direction has its own: boxes measured so far hold both to the rate separately."""
    flow = moment.flow
    owner = {"connection": flow.number, "address": flow.server, "subscriber": flow.client}[scope]
    return (owner, moment.up)


class _Shared(Generic[Bucket]):
    """Buckets by whose they are."""

    def __init__(self, scope: Scope, make: Callable[[], Bucket]) -> None:
        self._scope, self._make = scope, make
        self._buckets: dict[tuple[object, ...], Bucket] = {}

    def of(self, moment: Moment) -> Bucket:
        key = scope_key(self._scope, moment)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = self._make()
        return bucket


class PoliceHandler:
    """Trigger: any packet. What is over the rate is dropped."""

    def __init__(self, action: Police, rule: Rule, rng: random.Random) -> None:
        self._buckets = _Shared(rule.scope, lambda: TokenBucket(action.rate, action.burst))

    def act(self, moment: Moment) -> Outcome | None:
        conforms = self._buckets.of(moment).take(moment.now, len(moment.packet.data))
        return None if conforms else Outcome(None)


class ShapeHandler:
    """Trigger: any packet. What is over the rate waits; what does not fit the queue is dropped."""

    def __init__(self, action: Shape, rule: Rule, rng: random.Random) -> None:
        self._queues = _Shared(rule.scope, lambda: Queue(action.rate, action.queue))

    def act(self, moment: Moment) -> Outcome | None:
        return Outcome(self._queues.of(moment).admit(moment.now, len(moment.packet.data)))


class LoseHandler:
    """Trigger: any packet; `packets: acks` and `direction: up` on the rule make it the loss of acknowledgements."""

    def __init__(self, action: Lose, rule: Rule, rng: random.Random) -> None:
        self._probability, self._rng = action.probability, rng

    def act(self, moment: Moment) -> Outcome | None:
        return Outcome(None) if self._rng.random() < self._probability else None


class DelayHandler:
    """Trigger: any packet."""

    def __init__(self, action: Delay, rule: Rule, rng: random.Random) -> None:
        self._seconds = action.seconds

    def act(self, moment: Moment) -> Outcome | None:
        return Outcome(moment.now + self._seconds)
