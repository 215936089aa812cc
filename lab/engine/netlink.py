"""The few rtnetlink requests the lab needs (rtnetlink(7)): no `ip` program, no dependency.

Every request acts on the network namespace the calling process is in. A refusal is an OSError with the kernel's errno.
"""

import ipaddress
import os
import socket
import struct

_REQUEST_ACK = 0x5  # NLM_F_REQUEST | NLM_F_ACK
_CREATE_REPLACE = 0x500  # NLM_F_CREATE | NLM_F_REPLACE
_NEWLINK, _NEWADDR, _DELADDR, _NEWROUTE, _DELROUTE = 16, 20, 21, 24, 25
_IFLA_MTU, _IFLA_TXQLEN = 4, 13
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_IFA_F_NODAD = 0x02  # an IPv6 address is usable at once
_RTA_DST, _RTA_OIF, _RTA_PREFSRC = 1, 4, 7
_TABLE_MAIN, _TABLE_LOCAL = 254, 255
_UNICAST, _LOCAL = 1, 2
_UP = 1


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def _ask(kind: int, flags: int, body: bytes) -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as channel:
        channel.send(struct.pack("=IHHII", 16 + len(body), kind, _REQUEST_ACK | flags, 1, 0) + body)
        answer = channel.recv(4096)
    error = -int(struct.unpack_from("=i", answer, 16)[0])
    if error:
        raise OSError(error, os.strerror(error))


def link_up(device: str, mtu: int | None = None, queue: int | None = None) -> None:
    """Bring `device` up, with an MTU (bytes) and a queue (packets) unless they are to stay as they are."""
    body = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, socket.if_nametoindex(device), _UP, _UP)
    if mtu is not None:
        body += _attribute(_IFLA_MTU, struct.pack("=I", mtu))
    if queue is not None:
        body += _attribute(_IFLA_TXQLEN, struct.pack("=I", queue))
    _ask(_NEWLINK, 0, body)


def add_address(device: str, address: str) -> None:
    """Give `device` one address, with no network around it."""
    _ask(_NEWADDR, _CREATE_REPLACE, _address_body(device, address))


def delete_address(device: str, address: str) -> None:
    _ask(_DELADDR, 0, _address_body(device, address))


def _address_body(device: str, address: str) -> bytes:
    parsed = ipaddress.ip_address(address)
    family = socket.AF_INET if parsed.version == 4 else socket.AF_INET6
    flags = 0 if parsed.version == 4 else _IFA_F_NODAD
    body = struct.pack("=BBBBi", family, parsed.max_prefixlen, flags, 0, socket.if_nametoindex(device))
    return body + _attribute(_IFA_LOCAL, parsed.packed) + _attribute(_IFA_ADDRESS, parsed.packed)


def add_route(prefix: str, device: str, *, source: str | None = None) -> None:
    """Send what goes to `prefix` ("0.0.0.0/0") out of `device`, from `source` unless a socket says otherwise."""
    _ask(_NEWROUTE, _CREATE_REPLACE, _route_body(prefix, device, _TABLE_MAIN, _UNICAST, source))


def delete_route(prefix: str, device: str) -> None:
    _ask(_DELROUTE, 0, _route_body(prefix, device, _TABLE_MAIN, _UNICAST, None))


def add_local_prefix(prefix: str) -> None:
    """Make every address of `prefix` one of this machine's own, so that servers can bind to it."""
    _ask(_NEWROUTE, _CREATE_REPLACE, _route_body(prefix, "lo", _TABLE_LOCAL, _LOCAL, None))


def _route_body(prefix: str, device: str, table: int, kind: int, source: str | None) -> bytes:
    network = ipaddress.ip_network(prefix)
    family = socket.AF_INET if network.version == 4 else socket.AF_INET6
    scope = 254 if kind == _LOCAL else 0  # RT_SCOPE_HOST : RT_SCOPE_UNIVERSE
    body = struct.pack("=BBBBBBBBI", family, network.prefixlen, 0, 0, table, 4, scope, kind, 0)
    if network.prefixlen:
        body += _attribute(_RTA_DST, network.network_address.packed)
    body += _attribute(_RTA_OIF, struct.pack("=i", socket.if_nametoindex(device)))
    if source is not None:
        body += _attribute(_RTA_PREFSRC, ipaddress.ip_address(source).packed)
    return body
