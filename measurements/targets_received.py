"""What a targets file must keep to besides, when it came from afar: it may not reach into the person's own network.

Whoever holds a release key, or stole one, could otherwise have a volunteer's device greet the router, or ask a printer
for a page. A file that the person names with `--targets` is the person's own word: the lab and own servers need it.
"""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from measurements.bogons import is_bogon
from measurements.targets import Targets, Transfer
from measurements.yaml_lines import Document, Path

# Names that a home or office network answers for: RFC 6761, 6762 and 8375, ICANN's .internal, and habits of routers.
_LOCAL: Final = ("localhost", "local", "internal", "home.arpa", "lan", "home", "corp", "intranet")


def check_received(targets: Targets, document: Document) -> None:
    """Add a problem for whatever in `targets` leads to a private place, or names a test server."""
    for path, place in _places(targets):
        wrong = _mistake(place) if place else None
        if wrong:
            document.add(path, f"{place!r} {wrong}")
    if targets.helper is not None:
        document.add(("helper",), "a test server comes with an invite, never with a file for everybody")


def _places(targets: Targets) -> Iterator[tuple[Path, str | None]]:
    """Every URL and address that would be contacted, and where it stands."""
    for key, platform in targets.platforms.items():
        for number, endpoint in enumerate(platform.endpoints):
            yield ("platforms", key, "endpoints", number, "url"), endpoint.url
            yield ("platforms", key, "endpoints", number, "address"), endpoint.address
        for transfer in platform.transfers:
            yield from _downloads(transfer, ("platforms", key, "transfer"))
    for number, control in enumerate(targets.controls):
        yield ("controls", number, "url"), control.url
        if control.transfer is not None:
            yield from _downloads(control.transfer, ("controls", number, "transfer"))
    for number, resolver in enumerate(targets.resolvers):
        yield ("resolvers", number, "doh"), resolver.doh
        yield ("resolvers", number, "address"), resolver.address


def _downloads(transfer: Transfer, path: Path) -> Iterator[tuple[Path, str | None]]:
    yield (*path, "url"), transfer.url
    yield (*path, "discover", "page"), transfer.discover.page if transfer.discover else None


def _mistake(place: str) -> str | None:
    """What is wrong with a URL, or with an address."""
    parts = urlsplit(place)
    host = (parts.hostname if parts.scheme in ("http", "https") else place) or ""
    try:
        ip_address(host)
    except ValueError:
        if _is_local(host.rstrip(".").lower()):
            return "is a name of local networks, and a file from afar may name none"
    else:
        if is_bogon(host):
            return "is no public address, and a file from afar may name no other"
    # A forged DNS answer can lead anywhere; without TLS nothing stops the request then, so it must be harmless.
    if parts.scheme == "http" and (parts.path not in ("", "/") or parts.query):
        return "asks in clear text for more than the front page, and a forged answer may lead that to a local device"
    return None


def _is_local(name: str) -> bool:
    return "." not in name or name.endswith(tuple(f".{each}" for each in _LOCAL))
