"""What rules do to packets, one file for each kind of action."""

import random
from collections.abc import Callable, Mapping
from typing import Any

from lab.censor.actions.base import Handler
from lab.censor.actions.dns import DnsAnswerHandler
from lab.censor.actions.dribble import DribbleHandler
from lab.censor.actions.intercept import InterceptHandler
from lab.censor.actions.rates import DelayHandler, LoseHandler, PoliceHandler, ShapeHandler
from lab.censor.actions.speak import BlockPageHandler, FinHandler, TlsAlertHandler
from lab.censor.actions.stop import DropHandler, ResetHandler, UnreachableHandler
from lab.scenario import (
    BlockPage,
    Delay,
    DnsAnswer,
    Dribble,
    Drop,
    Fin,
    Intercept,
    Lose,
    Police,
    Reset,
    Rule,
    Shape,
    TlsAlert,
    Unreachable,
)

HANDLERS: Mapping[type, Callable[[Any, Rule, random.Random], Handler]] = {
    BlockPage: BlockPageHandler,
    Delay: DelayHandler,
    DnsAnswer: DnsAnswerHandler,
    Dribble: DribbleHandler,
    Drop: DropHandler,
    Fin: FinHandler,
    Intercept: InterceptHandler,
    Lose: LoseHandler,
    Police: PoliceHandler,
    Reset: ResetHandler,
    Shape: ShapeHandler,
    TlsAlert: TlsAlertHandler,
    Unreachable: UnreachableHandler,
}


def handler_for(rule: Rule, rng: random.Random) -> Handler:
    return HANDLERS[type(rule.action)](rule.action, rule, rng)
