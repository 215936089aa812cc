"""`@youtube`, `@foreign` and the like: names and addresses of the targets file, said once."""

from collections.abc import Callable
from typing import Final

from lab.world.plan import BLOCKPAGE, HELPER, MITM, Plan
from measurements.targets import Control, Targets

# word -> which controls
_CONTROLS: Final[dict[str, Callable[[Control], bool]]] = {
    "controls": lambda _: True,
    "foreign": lambda control: control.scope == "foreign",
    "domestic": lambda control: control.scope == "domestic",
}
# word -> network of the lab's own
_OWN: Final = {"helper": HELPER, "interceptor": MITM, "blockpage": BLOCKPAGE}
GROUPS: Final = ("all", "platforms", *_CONTROLS, "resolvers", *_OWN)


class UnknownSelector(ValueError):
    """No such group, platform, endpoint or control; `known` holds those there are."""

    def __init__(self, word: str, known: tuple[str, ...]) -> None:
        super().__init__(f'nothing is called "@{word}"')
        self.known = known


class Selectors:
    """Reads selectors against one targets file and its address plan."""

    def __init__(self, targets: Targets, plan: Plan) -> None:
        self._targets = targets
        self._plan = plan

    @property
    def known(self) -> tuple[str, ...]:
        """Every word that may follow "@"."""
        endpoints = (
            f"{id_}/{endpoint.id}"
            for id_, platform in self._targets.platforms.items()
            for endpoint in platform.endpoints
        )
        controls = (control.id for control in self._targets.controls)
        return (*GROUPS, *self._targets.platforms, *controls, *endpoints)

    def names(self, text: str) -> tuple[str, ...]:
        """Host names; what does not begin with "@" is a name or glob already."""
        if not text.startswith("@"):
            return (text,)
        return tuple(one for one in self._select(text[1:]) if one in self._plan.names)

    def addresses(self, text: str) -> tuple[str, ...]:
        """Addresses of the names, and those that stand in the targets file as such."""
        if not text.startswith("@"):
            return self._plan.names.get(text, (text,))
        found: dict[str, None] = {}
        for one in self._select(text[1:]):
            found.update(dict.fromkeys(self._plan.names.get(one, (one,))))
        return tuple(found)

    def _select(self, word: str) -> tuple[str, ...]:
        """Names, and addresses where there is no name."""
        controls = self._targets.controls
        if word in ("all", "platforms"):
            parts = [self._platform(id_) for id_ in self._targets.platforms]
            if word == "all":
                parts.append(self._select("controls"))
            return tuple(dict.fromkeys(one for part in parts for one in part))
        if word in _CONTROLS:
            return tuple(name for one in controls if _CONTROLS[word](one) for name in self._network(one.id))
        if word == "resolvers":
            return tuple(self._plan.doh)
        if word in _OWN:
            network = self._plan.networks[_OWN[word]]
            return network.names or network.addresses
        if word in self._targets.platforms:
            return self._platform(word)
        if any(control.id == word for control in controls):
            return self._network(word)
        return self._endpoint(word)

    def _network(self, owner: str) -> tuple[str, ...]:
        network = self._plan.networks.get(owner)
        return network.names if network else ()

    def _platform(self, id_: str) -> tuple[str, ...]:
        """Everything of a platform but its neutral names, which belong to nobody's list."""
        platform = self._targets.platforms[id_]
        neutral = {transfer.neutral_sni for transfer in platform.transfers}
        own = [name for name in self._network(id_) if name not in neutral]
        own += [one for endpoint in platform.endpoints if (one := endpoint.host or endpoint.address)]
        return tuple(dict.fromkeys(own))

    def _endpoint(self, word: str) -> tuple[str, ...]:
        owner, _, id_ = word.partition("/")
        platform = self._targets.platforms.get(owner)
        for endpoint in platform.endpoints if platform else ():
            if endpoint.id == id_:
                return (endpoint.host or endpoint.address or "",)
        raise UnknownSelector(word, self.known)
