"""Taking the vantage out of text before it is stored (DESIGN section 2, rule 3).

Pages and headers like to repeat the visitor's address. Behind NAT its public form is not known to the device, so every
address in such text goes; what the device knows of itself (host name, local addresses) goes too.
"""

import re
from collections.abc import Callable, Iterable
from ipaddress import IPv6Address
from typing import Final

MARK: Final = "[scrubbed]"

_IPV4 = r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"
# Candidates only, also with an IPv4 tail: times of day look alike, so `ipaddress` has the last word.
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:]*(?:\.\d{1,3}){0,3}(?![\w:])")
_MAC = r"(?<![\w:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:-])"
# An own name shorter than this (or this common) would tear holes into innocent text.
_SHORTEST_NAME: Final = 4
_COMMON_NAMES: Final = frozenset({"localhost", "localdomain", "home", "debian", "ubuntu"})


def scrubber(own_names: Iterable[str] = ()) -> Callable[[str], str]:
    """A function that replaces all IP and MAC addresses and `own_names` in a text by `[scrubbed]`."""
    names = [
        re.escape(name)
        for name in own_names
        if len(name) >= _SHORTEST_NAME and name.casefold() not in _COMMON_NAMES
    ]
    pattern = re.compile("|".join([_MAC, _IPV4, *(rf"\b{name}\b" for name in names)]), re.IGNORECASE)
    return lambda text: pattern.sub(MARK, _IPV6.sub(_mark_ipv6, text))


def _mark_ipv6(match: re.Match[str]) -> str:
    try:
        IPv6Address(match[0])
    except ValueError:
        return match[0]
    return MARK
