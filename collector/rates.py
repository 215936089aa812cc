"""Token buckets by network and by vantage, in memory. A network is known by a keyed hash that dies with the process."""

import hashlib
import ipaddress
import math
from collections import OrderedDict
from typing import Final

# Buckets remembered at once, some 20 MB; beyond it the one used longest ago is forgotten (and full again).
_REMEMBERED: Final = 100_000


class Buckets:
    """`burst` takings at once, then one more every `every` seconds, for each key."""

    def __init__(self, burst: int, every: float) -> None:
        self._burst = burst
        self._every = every
        self._full_at: OrderedDict[bytes, float] = OrderedDict()  # when the bucket will be full again

    def take(self, key: bytes, now: float, amount: int = 1) -> int:
        """0 if there was so much to take, else the whole seconds until there is. `now` by a steady clock.

        More than the whole bucket may be taken when it is full; it then takes the longer to fill again.
        """
        full_at = max(self._full_at.get(key, now), now)
        over = full_at + min(amount, self._burst) * self._every - (now + self._burst * self._every)
        if over > 0:
            return math.ceil(over)
        self._full_at[key] = full_at + amount * self._every
        self._full_at.move_to_end(key)
        if len(self._full_at) > _REMEMBERED:
            self._full_at.popitem(last=False)
        return 0


def network_key(address: str, secret: bytes) -> bytes:
    """The keyed hash of an IPv4 address, or of an IPv6 /64 (one household)."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    packed = (mapped or parsed).packed
    return hashlib.blake2b(packed[:8], key=secret, digest_size=16).digest()
