"""What the kernel told about each flow as its sender, until the client asks for it."""

import re
from collections import OrderedDict
from typing import Final

# Names of our own making by the client: enough that nobody guesses another's.
_TOKEN: Final = re.compile(r"[0-9a-f]{16,64}")
_KEPT_SECONDS: Final = 600.0  # a client asks right after the flow
_KEPT_FLOWS: Final = 10_000  # the oldest go first, so that memory is bounded


def is_token(text: str) -> bool:
    """True for a flow's name: 16 to 64 lower-case hex digits."""
    return _TOKEN.fullmatch(text) is not None


class Flows:
    """The last TCP_INFO of each named flow, bounded in number and time."""

    def __init__(self) -> None:
        self._flows: OrderedDict[str, tuple[float, dict[str, float]]] = OrderedDict()

    def note(self, token: str, info: dict[str, float], now: float) -> None:
        """Remember `info` (seconds and bytes) for `token`; a later one replaces an earlier one."""
        self._flows[token] = (now, info)
        self._flows.move_to_end(token)
        while len(self._flows) > _KEPT_FLOWS or now - next(iter(self._flows.values()))[0] > _KEPT_SECONDS:
            self._flows.popitem(last=False)

    def get(self, token: str, now: float) -> dict[str, float] | None:
        """What is known of `token`, or None."""
        entry = self._flows.get(token)
        return entry[1] if entry and now - entry[0] <= _KEPT_SECONDS else None
