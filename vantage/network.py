"""Which network this device is on: known again, never written down."""

import hashlib
import socket
from ipaddress import ip_address, ip_network
from pathlib import Path

from probes.nameservers import system_nameservers

# Any public address will do: connecting a UDP socket sends nothing, it only asks the system for the route.
_SOMEWHERE = {socket.AF_INET: ("192.0.2.1", 9), socket.AF_INET6: ("2001:db8::1", 9)}
_ROUTES = Path("/proc/net/route")  # Linux; elsewhere the local network alone has to do
_NO_GATEWAY = "00000000"  # of a point-to-point link, as the same file writes it
# Bits of an address that its network gives: homes and phones hand out a /24 of IPv4; the rest of an IPv6 address is the
# device's own and drawn anew every day (RFC 8981).
_PREFIXES = {4: 24, 6: 64}


def own_addresses() -> tuple[str, ...]:
    """Local source addresses towards the Internet, one a family; for scrubbing only."""
    found = []
    for family, somewhere in _SOMEWHERE.items():
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as sock:
                sock.connect(somewhere)
                found.append(str(sock.getsockname()[0]))
        except OSError:
            continue  # no route of this family
    return tuple(found)


def own_names() -> tuple[str, ...]:
    """Everything by which text could name this device."""
    name = socket.gethostname()
    return (name, name.partition(".")[0], *own_addresses())


def near_addresses() -> tuple[str, ...]:
    """Addresses that no record may hold, since they tell of the person's own network: this device, gateway, resolvers.

    A resolver that everybody can use, or that runs on the device itself, tells nothing.
    """
    return (*own_addresses(), *_gateway(), *filter(_is_local, system_nameservers()))


def network_key() -> bytes:
    """Bytes that tell this network from others: the default gateway and the local network.

    Only a keyed hash of it is ever stored (`measurements.identity.pseudonym`).
    """
    return "|".join([_gateway_number(), *sorted(map(local_network, own_addresses()))]).encode()


def network_mark() -> str:
    """The same as text, to compare in memory: never stored, since an unsalted hash of so little is soon guessed."""
    return hashlib.sha256(network_key()).hexdigest()


def local_network(address: str) -> str:
    """The network that an address of ours lies in, as far as the address tells."""
    bare = address.partition("%")[0]  # of an IPv6 address with its interface's name
    return str(ip_network(f"{bare}/{_PREFIXES[ip_address(bare).version]}", strict=False))


def _gateway_number() -> str:
    """The default gateway's IPv4 address as Linux writes it: eight hex digits, last byte first; else empty."""
    try:
        lines = _ROUTES.read_text("ascii").splitlines()[1:]
    except OSError:
        return ""
    rows = [line.split() for line in lines]
    return next((row[2] for row in rows if len(row) > 2 and row[1] == "00000000"), "")


def _gateway() -> tuple[str, ...]:
    number = _gateway_number()
    return () if number in ("", _NO_GATEWAY) else (socket.inet_ntoa(bytes.fromhex(number)[::-1]),)


def _is_local(address: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return not (parsed.is_global or parsed.is_loopback)
