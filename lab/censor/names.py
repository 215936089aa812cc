"""Names against patterns, addresses against prefixes. Pure."""

import ipaddress
from collections.abc import Iterable
from enum import Enum
from typing import Final


class More(Enum):
    """Not enough bytes have been seen to tell."""

    MORE = "more"


MORE: Final = More.MORE

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def name_matches(patterns: Iterable[str], name: str) -> bool:
    """ "a.test" is that name alone, "*.a.test" every name below it, "*" any name."""
    name = name.rstrip(".").lower()
    return any(
        name == pattern
        or (pattern == "*" and name != "")
        or (pattern[:2] == "*." and name.endswith(pattern[1:]))
        for pattern in patterns
    )


def networks(prefixes: Iterable[str]) -> tuple[Network, ...]:
    """Addresses and prefixes as networks. Raises ValueError."""
    return tuple(ipaddress.ip_network(prefix) for prefix in prefixes)


def address_matches(known: Iterable[Network], packed: bytes) -> bool:
    """Whether an address, as packets hold it, lies in one of the networks."""
    address = ipaddress.ip_address(packed)
    return any(address.version == network.version and address in network for network in known)
