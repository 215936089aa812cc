"""Addresses that cannot be a public service's: a hint, never a verdict by itself.

A resolver may rightly answer with a private address (a provider's cache, a test network), so an answer counts as false
only where it leads nowhere and a trusted one does (measurements/rules).
"""

from functools import lru_cache
from ipaddress import ip_address


# Imports ask for the same few addresses thousands of times.
@lru_cache(maxsize=4096)
def is_bogon(address: str) -> bool:
    """True for private, loopback, link-local, shared (RFC 6598), documentation, multicast and reserved addresses.

    The registry is IANA's special-purpose one, as Python's `ipaddress` has it. Text that is no address is a bogon.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return True
    return not parsed.is_global or parsed.is_multicast
