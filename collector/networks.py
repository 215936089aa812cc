"""Which AS and country an address belongs to, by a database that the operator supplies; the address goes no further.

Two kinds of file: MaxMind's MMDB (also as published freely by others), and a plain table `prefix,asn,country` in CSV.
Both are read into memory once.
"""

import csv
import ipaddress
from bisect import bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from measurements.errors import ConfigurationError


class Network(NamedTuple):
    """What is known of where a connection comes from."""

    asn: int | None = None
    country: str | None = None


Lookup = Callable[[str], Network]
UNKNOWN: Final = Network()


class NetworksError(ConfigurationError):
    """The database cannot be used; the text says why."""


def unknown(_address: str) -> Network:
    """The lookup without a database."""
    return UNKNOWN


def load_networks(paths: tuple[Path, ...]) -> Lookup:
    """A lookup over one file, or several that each know a part (AS here, country there). Raises NetworksError."""
    lookups = [_load(path) for path in paths]

    def lookup(address: str) -> Network:
        found = [each(address) for each in lookups]
        return Network(
            next((each.asn for each in found if each.asn is not None), None),
            next((each.country for each in found if each.country is not None), None),
        )

    return lookup if lookups else unknown


def _load(path: Path) -> Lookup:
    try:
        return _mmdb(path) if path.suffix == ".mmdb" else _table(path)
    except (OSError, ValueError) as error:
        raise NetworksError(f"{path} cannot be used as a database of networks: {error}") from None


def _mmdb(path: Path) -> Lookup:
    import maxminddb  # of an extra; who reads CSV files does without

    try:
        reader = maxminddb.open_database(path, maxminddb.MODE_MEMORY)
    except maxminddb.InvalidDatabaseError as error:
        raise ValueError(error) from None

    def lookup(address: str) -> Network:
        try:
            record: Any = reader.get(address.partition("%")[0]) or {}
        except ValueError:
            return UNKNOWN
        country = record.get("country") or record.get("country_code")
        code = country.get("iso_code") if isinstance(country, dict) else country
        number = record.get("autonomous_system_number") or record.get("asn")
        text = str(number or "").upper().removeprefix("AS")
        return Network(int(text) if text.isdigit() else None, code or None)

    return lookup


def _table(path: Path) -> Lookup:
    """Ranges sorted by their start; nested prefixes are cut so that the longest wins."""
    prefixes: dict[int, list[tuple[int, int, Network]]] = {4: [], 6: []}
    for prefix, network in _rows(path):
        prefixes[prefix.version].append((int(prefix.network_address), int(prefix.broadcast_address), network))
    tables = {version: _flattened(rows) for version, rows in prefixes.items()}

    def lookup(address: str) -> Network:
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return UNKNOWN
        mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
        used = mapped or parsed
        starts, networks = tables[used.version]
        at = bisect_right(starts, int(used)) - 1
        return networks[at] if at >= 0 else UNKNOWN

    return lookup


def _rows(path: Path) -> Iterator[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, Network]]:
    with path.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            try:
                prefix = ipaddress.ip_network(row["prefix"])
                asn = row.get("asn") or ""
                yield prefix, Network(int(asn) if asn else None, row.get("country") or None)
            except (KeyError, ValueError) as error:
                raise ValueError(f"line {number}: {error}; needed are prefix,asn,country") from None


def _flattened(rows: list[tuple[int, int, Network]]) -> tuple[list[int], list[Network]]:
    """Starts of ranges and what holds from each start to the next one."""
    starts: list[int] = []
    networks: list[Network] = []

    def begin(start: int, network: Network) -> None:
        if starts and starts[-1] == start:
            networks[-1] = network
        else:
            starts.append(start)
            networks.append(network)

    open_: list[tuple[int, Network]] = []  # ends of the prefixes around the present place, innermost last
    for start, end, network in sorted(rows, key=lambda row: (row[0], -row[1])):
        while open_ and open_[-1][0] < start:
            begin(open_.pop()[0] + 1, open_[-1][1] if open_ else UNKNOWN)
        begin(start, network)
        open_.append((end, network))
    while open_:
        begin(open_.pop()[0] + 1, open_[-1][1] if open_ else UNKNOWN)
    return starts, networks
