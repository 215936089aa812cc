"""Which addresses serve the target and which the control: never the same one.

In Turkey one slowed name marked its address for a while, for every name (2022). So the addresses of an arm are split
once, in an order that is the same for every platform and session: a target's address never becomes a control's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import count
from typing import Literal

from measurements.records import Role

Family = Literal[4, 6]


def of_one_family(addresses: Iterable[str]) -> tuple[str, ...]:
    """The IPv4 ones, else the IPv6 ones, each once and in a fixed order: both flows of a pair need one family."""
    parsed = sorted({ip_address(each) for each in addresses}, key=lambda each: (each.version, int(each)))
    return tuple(str(each) for each in parsed if each.version == parsed[0].version)


@dataclass
class Split:
    """Addresses of each role, used in turn."""

    target: tuple[str, ...]
    control: tuple[str, ...]
    _turns: dict[Role, "count[int]"] = field(default_factory=lambda: {"target": count(), "control": count()})

    def next(self, role: Role) -> str:
        """The next address of a role."""
        pool = self.target if role == "target" else self.control
        return pool[next(self._turns[role]) % len(pool)]

    @property
    def shared(self) -> bool:
        """Target and control have an address in common: the arm can be contaminated."""
        return not set(self.target).isdisjoint(self.control)


def split(addresses: Sequence[str]) -> Split:
    """Halve `addresses`; a single one serves both, controls first."""
    if len(addresses) > 1:
        middle = (len(addresses) + 1) // 2
        return Split(tuple(addresses[:middle]), tuple(addresses[middle:]))
    return Split(tuple(addresses), tuple(addresses))
