"""What an action is: packet in, outcome out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from lab.censor.flows import Flow, FlowTable
from lab.packets import Packet
from lab.path.emission import Emission


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a packet. `until`: it goes on at that time; None: it goes no further."""

    until: float | None
    emissions: tuple[Emission, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """A packet on its way through a box that has a rule for it."""

    now: float
    flow: Flow
    packet: Packet
    up: bool
    flows: FlowTable
    routers: Mapping[int, Sequence[bytes]]  # the hops' addresses, by IP version

    def at(self, time: float) -> "Moment":
        """The same packet, held until `time` by an earlier rule."""
        return replace(self, now=time)

    def state(self, name: str, make: type) -> Any:
        """What the rule `name` keeps about this flow; made by `make` at first."""
        kept = self.flow.states.get(name)
        if kept is None:
            kept = self.flow.states[name] = make()
        return kept


class Handler(Protocol):
    """One action of one rule."""

    def act(self, moment: Moment) -> Outcome | None:
        """None = the packet goes on untouched, and nothing was done."""
