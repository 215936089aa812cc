"""The two sides' network namespaces: devices, addresses, routes and sysctls."""

import contextlib
import ipaddress
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from lab.addresses import CLIENT_IPV4, CLIENT_IPV6, MOVED_IPV4, SERVER_IPV4, SERVER_IPV6
from lab.engine import namespaces, netlink
from lab.scenario import Link

# Both sides' name for the device towards the path.
DEVICE = "up0"

# Packets that wait for the path process. More than any TCP window (6 MB by Linux's default), so that a busy machine
# does not lose what the scenario's link would have carried.
_QUEUE = 5000

_DEFAULTS = {4: "0.0.0.0/0", 6: "::/0"}


def build() -> tuple[int, int, int]:
    """(client's TUN, server side's namespace, server side's TUN); the caller's own namespace is the client's side."""
    client_net = namespaces.current_net()
    client_tun = _side((CLIENT_IPV4, CLIENT_IPV6))
    namespaces.unshare(namespaces.NEWNET)
    server_net = namespaces.current_net()
    server_tun = _side((SERVER_IPV4, SERVER_IPV6))
    namespaces.setns(client_net, namespaces.NEWNET)
    os.close(client_net)
    return client_tun, server_net, server_tun


def _side(addresses: Iterable[str]) -> int:
    tun = namespaces.open_tun(DEVICE)
    prepare_side(addresses)
    return tun


def prepare_side(addresses: Iterable[str]) -> None:
    """Make the caller's namespace, which has its device already, one side of the lab with these addresses."""
    # Programs without rights may ping and serve on low ports, as they may on many systems. No router is looked for
    # and no link-local address made: the path knows neither.
    _sysctl("ipv4/ping_group_range", "0 0")
    _sysctl("ipv4/ip_unprivileged_port_start", "0")
    # IPv6 lets nobody bind to an address that is ours only as part of a network (IPv4 does)
    _sysctl("ipv6/ip_nonlocal_bind", "1")
    for setting, value in (("accept_ra", "0"), ("router_solicitations", "0"), ("addr_gen_mode", "1")):
        _sysctl(f"ipv6/conf/{DEVICE}/{setting}", value)
    netlink.link_up("lo")
    netlink.link_up(DEVICE, 1500, _QUEUE)
    for address in addresses:
        _connect(address)


def _connect(address: str) -> None:
    netlink.add_address(DEVICE, address)
    netlink.add_route(_DEFAULTS[ipaddress.ip_address(address).version], DEVICE, source=address)


def _sysctl(name: str, value: str) -> None:
    # Containers may mount /proc/sys read-only; each setting is a comfort, none a need.
    with contextlib.suppress(OSError):
        Path("/proc/sys/net", name).write_text(value, encoding="ascii")


def configure_client(link: Link) -> None:
    """Give the client's side (the caller's namespace) the families and the MTU of `link`."""
    netlink.link_up(DEVICE, link.mtu)
    wanted_addresses = (
        (MOVED_IPV4, False),
        (CLIENT_IPV4, link.ipv4),
        (CLIENT_IPV6, link.ipv6 or link.ipv6_broken),
    )
    for address, wanted in wanted_addresses:
        if wanted:
            _connect(address)
        else:
            with contextlib.suppress(OSError):  # was not there
                netlink.delete_address(DEVICE, address)
            with contextlib.suppress(OSError):
                netlink.delete_route(_DEFAULTS[ipaddress.ip_address(address).version], DEVICE)


def move_client() -> None:
    """Take the client's side (the caller's namespace) to another network: what it had open there is cut off."""
    netlink.delete_address(DEVICE, CLIENT_IPV4)
    _connect(MOVED_IPV4)


def own(prefixes: Iterable[str]) -> None:
    """Make every address of `prefixes` the caller's side's own, so that servers can bind to it."""
    for prefix in prefixes:
        parsed = ipaddress.ip_network(prefix)
        if parsed.num_addresses == 1:
            netlink.add_address("lo", str(parsed.network_address))
        else:
            netlink.add_local_prefix(prefix)


def configure_server(link: Link) -> None:
    """Give the servers' side the link's MTU; its addresses are the world's."""
    netlink.link_up(DEVICE, link.mtu)


@contextlib.contextmanager
def inside(net: int) -> Iterator[None]:
    """Do something in the network namespace `net`, then come back."""
    own = namespaces.current_net()
    namespaces.setns(net, namespaces.NEWNET)
    try:
        yield
    finally:
        namespaces.setns(own, namespaces.NEWNET)
        os.close(own)
