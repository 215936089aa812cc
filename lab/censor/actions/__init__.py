"""What rules do to packets, one file for each kind of action."""

import random
from collections.abc import Callable, Mapping
from typing import Any

from lab import scenario
from lab.censor.actions.base import Handler
from lab.censor.actions.dns import DnsAnswerHandler
from lab.censor.actions.dribble import DribbleHandler
from lab.censor.actions.intercept import InterceptHandler
from lab.censor.actions.rates import DelayHandler, LoseHandler, PoliceHandler, ShapeHandler
from lab.censor.actions.speak import BlockPageHandler, FinHandler, TlsAlertHandler
from lab.censor.actions.stop import DropHandler, ResetHandler, UnreachableHandler
from lab.scenario import Rule

HANDLERS: Mapping[type, Callable[[Any, Rule, random.Random], Handler]] = {
    scenario.BlockPage: BlockPageHandler,
    scenario.Delay: DelayHandler,
    scenario.DnsAnswer: DnsAnswerHandler,
    scenario.Dribble: DribbleHandler,
    scenario.Drop: DropHandler,
    scenario.Fin: FinHandler,
    scenario.Intercept: InterceptHandler,
    scenario.Lose: LoseHandler,
    scenario.Police: PoliceHandler,
    scenario.Reset: ResetHandler,
    scenario.Shape: ShapeHandler,
    scenario.TlsAlert: TlsAlertHandler,
    scenario.Unreachable: UnreachableHandler,
}


def handler_for(rule: Rule, rng: random.Random) -> Handler:
    """What does the rule's action to packets; all its chance comes from `rng`."""
    return HANDLERS[type(rule.action)](rule.action, rule, rng)
