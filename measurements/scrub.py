"""Taking the vantage out of what is stored (DESIGN section 2, rule 3).

Pages, headers and certificates like to repeat the visitor's address, or the number under which the provider knows the
visitor. Behind NAT the address's public form is not known to the device, so every address in such text goes, in any
spelling; what the device knows of itself (host name, local addresses) goes too. Too much is scrubbed rather than too
little: such text is evidence for people, no rule reads a number in it.
"""

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv6Address
from typing import Final
from urllib.parse import unquote

from msgspec import structs

from measurements.records import DnsAnswer, Observation

Scrub = Callable[[str], str]

MARK: Final = "[scrubbed]"
# What stands in a record for the address of a test server: this, and its place in the invite.
SERVER: Final = "helper-"

_ADDRESSES: Final = (
    # IPv4, also at the end of a sentence; with more than four numbers, or with a value, it is an object identifier.
    r"(?<!\d)(?<!\d\.)(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d|=)",
    r"(?<!\d)\d{1,3}([-_])\d{1,3}\1\d{1,3}\1\d{1,3}(?!\d)",  # IPv4 in a host name
    r"(?<![0-9a-f])(?:[0-9a-f]{1,4}-){7}[0-9a-f]{1,4}(?![0-9a-f])",  # IPv6 in a host name
    r"(?<![0-9a-z])(?:[0-9a-f]\.){15,}[0-9a-f](?![0-9a-z])",  # IPv6 under ip6.arpa
    r"(?<![0-9a-f])(?:[0-9a-f]{2}[:-]){5,}[0-9a-f]{2}(?![0-9a-f])",  # MAC, EUI-64
    r"(?<![0-9a-f])(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}(?![0-9a-f])",  # MAC as routers print it
)
_IDENTIFIERS: Final = re.compile(
    "|".join(
        (
            r"\+?\d(?:[ ()-]{0,2}\d){6,}",  # telephone and contract numbers; a whole IPv4 address as one number
            r"(?<![0-9A-Za-z])(?:0x)?[0-9A-Fa-f]{12,}(?![0-9A-Za-z])",  # a MAC or IPv6 address, a hash
            r"\b0x[0-9A-Fa-f]{8}\b",  # an IPv4 address
            r"\b(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])\w{20,}",  # a token that somebody can look up
        )
    )
)
# Candidates only: times of day look alike, so `ipaddress` has the last word.
_IPV6: Final = re.compile(r"[0-9A-Fa-f]*:[0-9A-Fa-f.:]*:[0-9A-Fa-f.:]*")
_ESCAPED: Final = re.compile(r"[\w.:-]{0,64}(?:%[0-9A-Fa-f]{2}|&#?\w{1,8};)[\w.:;%&#-]*")
# Base64 of "1.2.3.4" has ten characters before its padding, and that of digits, dots and colons only these.
_BASE64: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{10,}={0,2}")
# Longer runs of hex digits and colons are no address, and would take long to look through.
_LONGEST_RUN: Final = 64
# An own name shorter than this (or this common) would tear holes into innocent text.
_SHORTEST_NAME: Final = 4
_COMMON_NAMES: Final = frozenset({"localhost", "localdomain", "home", "debian", "ubuntu"})


def scrubber(own_names: Iterable[str] = ()) -> Scrub:
    """A function that replaces all IP and MAC addresses and `own_names` in a text by `[scrubbed]`."""
    names = [
        re.escape(name)
        for name in own_names
        if len(name) >= _SHORTEST_NAME and name.casefold() not in _COMMON_NAMES
    ]
    pattern = re.compile("|".join([*_ADDRESSES, *(rf"\b{name}\b" for name in names)]), re.IGNORECASE)

    def plain(text: str) -> str:
        return pattern.sub(MARK, _IPV6.sub(_ipv6, text))

    def scrub(text: str) -> str:
        text = _ESCAPED.sub(lambda found: _unless_told(found[0], _unescaped(found[0]), plain), text)
        return plain(_BASE64.sub(lambda found: _unless_told(found[0], _decoded(found[0]), plain), text))

    return scrub


def nameless(text: str) -> str:
    """`text` without numbers and tokens by which a provider could look a subscriber up."""
    return _IDENTIFIERS.sub(MARK, text)


def redactor(names: Mapping[str, str]) -> Callable[[Observation], Observation]:
    """A function that puts `names[address]` for an address that a record may not hold, though it was measured.

    Those are the gateway that answers for everything, and a test server's. What such a server shows of itself goes too:
    the hash of its certificate, or its page, would lead back to it.
    """

    def answer(given: DnsAnswer) -> DnsAnswer:
        return structs.replace(given, addresses=tuple(names.get(each, each) for each in given.addresses))

    def redacted(row: Observation) -> Observation:
        if row.dns and any(each in names for one in row.dns.answers for each in one.addresses):
            dns = structs.replace(row.dns, answers=tuple(map(answer, row.dns.answers)))
            row = structs.replace(row, dns=dns)
        name = names.get(row.address or "")
        return row if name is None else _anonymous(row, name)

    return redacted


def _anonymous(row: Observation, name: str) -> Observation:
    tls, http = row.tls, row.http
    if tls is not None:
        hashes = tuple(MARK for _ in tls.chain_sha256)
        tls = structs.replace(
            tls, chain_sha256=hashes, chain_der=(), subject=None, issuer=None, issuer_key_ids=(), names=()
        )
    if http is not None:
        http = structs.replace(http, title=None, body_start=None)
    return structs.replace(row, address=name, tls=tls, http=http)


def _ipv6(found: re.Match[str]) -> str:
    """Scrub the address in a run of hex digits and colons; a label before it and a port behind it are not its own."""
    run, text = found[0], found.string
    if len(run) > _LONGEST_RUN:
        return MARK
    start = run.find(":") if found.start() and text[found.start() - 1].isalnum() else 0
    end = run.rfind(":") + 1 if found.end() < len(text) and text[found.end()].isalnum() else len(run)
    cuts = [start, *(i + 1 for i in range(start, end) if run[i] == ":")]
    for low in cuts:
        for high in [end, *(i for i in range(end - 1, low, -1) if run[i] in ":.")]:
            if _is_ipv6(run[low:high]):
                return run[:low] + MARK + run[high:]
    return run


def _is_ipv6(text: str) -> bool:
    try:
        return int(IPv6Address(text)) > 0  # "::" names nothing
    except ValueError:
        return False


def _unescaped(text: str) -> str:
    return html.unescape(unquote(unquote(text)))


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return text


def _unless_told(text: str, meaning: str, scrub: Scrub) -> str:
    """`text`, or the mark where it means something that is scrubbed."""
    return MARK if meaning != text and scrub(meaning) != meaning else text
