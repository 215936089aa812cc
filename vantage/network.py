"""Which network this device is on: known again, never written down."""

import socket
from pathlib import Path

# Any public address will do: connecting a UDP socket sends nothing, it only asks the system for the route.
_SOMEWHERE = {socket.AF_INET: ("192.0.2.1", 9), socket.AF_INET6: ("2001:db8::1", 9)}
_ROUTES = Path("/proc/net/route")  # Linux; elsewhere the local network alone has to do


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
    return (socket.gethostname(), *own_addresses())


def network_key() -> bytes:
    """Bytes that tell this network from others: the default gateway and the local network.

    Only a keyed hash of it is ever stored (`measurements.state.pseudonym`).
    """
    networks = sorted(address.rpartition("." if "." in address else ":")[0] for address in own_addresses())
    return "|".join([_default_gateway(), *networks]).encode()


def _default_gateway() -> str:
    try:
        lines = _ROUTES.read_text("ascii").splitlines()[1:]
    except OSError:
        return ""
    rows = [line.split() for line in lines]
    return next((row[2] for row in rows if len(row) > 2 and row[1] == "00000000"), "")
