"""What all walks of a round share: slots, clocks, resolvers, and where records go."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from measurements.records import Observation
from measurements.targets import Resolver
from probes.base import Context
from probes.limits import LagMeter, Slots
from probes.mishaps import Mishaps

# A trusted resolver that has failed for this many names, and answered none, is not asked again in the round.
TRUSTED_PATIENCE = 2


@dataclass(frozen=True)
class Tools:
    """One for each round. `keep` is called with every observation, at once."""

    context: Context
    slots: Slots
    dns_slots: Slots
    dns_again: Slots  # second questions, at a pace that any resolver bears
    lag: LagMeter
    mishaps: Mishaps
    keep: Callable[[Observation], None]
    resolvers: Sequence[Resolver]
    trusted_answered: set[str] = field(default_factory=set)  # ids
    trusted_failed: Counter[str] = field(default_factory=Counter)  # names asked in vain, by id

    @property
    def own_resolvers(self) -> list[Resolver]:
        """Resolvers that are asked first: the system's, and plain ones."""
        return [r for r in self.resolvers if r.doh is None] or [Resolver(id="system")]

    @property
    def trusted_resolvers(self) -> list[Resolver]:
        return [r for r in self.resolvers if r.doh is not None]

    def worth_asking(self, resolver: Resolver) -> bool:
        return resolver.id in self.trusted_answered or self.trusted_failed[resolver.id] < TRUSTED_PATIENCE
