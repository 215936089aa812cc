"""The address plan: which name has which addresses, and whose network they stand in.

Made from the targets file alone, so that the lab keeps in step with it. Addresses look public on purpose: a probe
rightly calls documentation and private ranges bogons. They live in the lab's own namespaces and nowhere else.
What the targets file names by address (Telegram's data centres, resolvers) keeps that address.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

import msgspec

from lab.world.samples import discovered
from measurements.targets import Platform, Targets, Transfer

# Networks that every lab has, before those of the targets file.
ISP, PORTAL, BLOCKPAGE, MITM, HELPER = "isp", "portal", "blockpage", "mitm", "helper"
_FIXED: Final = (ISP, PORTAL, BLOCKPAGE, MITM, HELPER)

RESOLVER_NAME: Final = "resolver.isp.lab"
PORTAL_NAME: Final = "login.portal.lab"
BLOCKPAGE_NAME: Final = "blocked.isp.lab"
HELPER_NAME: Final = "cdn.helper.lab"
HELPER_ADDRESSES: Final = 4  # an invite's usual number (DESIGN section 4)

_NAT64: Final = int(IPv6Address("64:ff9b::"))  # RFC 6052 well-known prefix


class Network(msgspec.Struct, frozen=True):
    """Hosts of one owner: they share a certificate, and any of their addresses serves all of their names."""

    id: str
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    regional: tuple[str, ...] = ()  # a cache inside the provider: what the resolver there may answer


class Plan(msgspec.Struct, frozen=True):
    """Names, addresses and networks of one lab."""

    networks: dict[str, Network]
    names: dict[str, tuple[str, ...]]  # host -> addresses, IPv4 first
    telegram: tuple[tuple[str, int], ...]  # data centres: address and port
    doh: dict[str, str]  # address of a trusted resolver -> its TLS name

    @property
    def resolver(self) -> tuple[str, str]:
        """IPv4 and IPv6 address of the provider's resolver."""
        v4, v6 = self.names[RESOLVER_NAME]
        return v4, v6

    @property
    def mitm(self) -> tuple[str, str]:
        """IPv4 and IPv6 address to which an intercepting censor diverts connections."""
        v4, v6 = self.networks[MITM].addresses
        return v4, v6

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address the servers answer on, each once."""
        found = dict.fromkeys(
            address
            for network in self.networks.values()
            for address in (*network.addresses, *network.regional)
        )
        found.update(dict.fromkeys(address for address, _ in self.telegram))
        found.update(dict.fromkeys(self.doh))
        return tuple(found)

    def network_of(self, name: str) -> Network | None:
        """The network that serves `name`."""
        return next((one for one in self.networks.values() if name in one.names), None)


def nat64(address: str) -> str:
    """The IPv6 address that stands for an IPv4 one on an IPv6-only line (RFC 6052, 64:ff9b::/96)."""
    return str(IPv6Address(_NAT64 | int(IPv4Address(address))))


def make_plan(targets: Targets) -> Plan:
    """The plan for `targets`: equal files give equal plans."""
    doh = {urlsplit(r.doh).hostname or "": r.tls_name or "" for r in targets.resolvers if r.doh}
    owners: dict[str, list[str]] = {
        ISP: [RESOLVER_NAME],
        PORTAL: [PORTAL_NAME],
        BLOCKPAGE: [BLOCKPAGE_NAME],
        MITM: [],
        HELPER: [HELPER_NAME],
    }
    for owner, hosts in _owned_hosts(targets):
        if hosts:
            owners[owner] = list(dict.fromkeys(hosts))

    networks: dict[str, Network] = {}
    names: dict[str, tuple[str, ...]] = {}
    for number, (owner, hosts) in enumerate(owners.items(), 1):
        # A name that two owners share (a CDN's) has its addresses in the first one's network; both serve it.
        own = [host for host in hosts if host not in names]
        for index, host in enumerate(own, 1):
            names[host] = _host_addresses(owner, number, index)
        addresses = tuple(address for host in own for address in names[host])
        if owner == MITM:
            addresses = (f"11.{number}.1.1", f"2a00:11:{number}:1::1")
        regional = () if owner in _FIXED else (f"11.{number}.255.1",)
        networks[owner] = Network(owner, tuple(hosts), addresses, regional)
    return Plan(networks, names, _data_centres(targets), doh)


def _host_addresses(owner: str, network: int, host: int) -> tuple[str, ...]:
    count = {ISP: 1, HELPER: HELPER_ADDRESSES}.get(owner, 2)
    v4 = tuple(f"11.{network}.{host}.{last}" for last in range(1, count + 1))
    return *v4, f"2a00:11:{network:x}:{host:x}::1"


def _owned_hosts(targets: Targets) -> list[tuple[str, list[str]]]:
    rows = [(id_, _platform_hosts(platform)) for id_, platform in targets.platforms.items()]
    for control in targets.controls:
        hosts = [_host(control.url), *(_transfer_hosts(control.transfer) if control.transfer else ())]
        rows.append((control.id, [host for host in hosts if host]))
    return rows


def _platform_hosts(platform: Platform) -> list[str]:
    hosts = [endpoint.host for endpoint in platform.endpoints]
    for transfer in platform.transfers:
        hosts += _transfer_hosts(transfer)
    return [host for host in hosts if host and not _is_address(host)]


def _transfer_hosts(transfer: Transfer) -> list[str | None]:
    hosts = [_host(transfer.url), transfer.neutral_sni]
    if transfer.discover:
        hosts += [_host(transfer.discover.page), _host(discovered(transfer.discover)[1])]
    return hosts


def _data_centres(targets: Targets) -> tuple[tuple[str, int], ...]:
    return tuple(
        dict.fromkeys(
            (endpoint.address, endpoint.target_port)
            for platform in targets.platforms.values()
            for endpoint in platform.endpoints
            if endpoint.address is not None and endpoint.host is None
        )
    )


def _host(url: str | None) -> str | None:
    return urlsplit(url).hostname if url else None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
