"""AS and country by the operator's database: a table of prefixes, or MMDB."""

from pathlib import Path

import pytest

from collector.networks import UNKNOWN, Network, NetworksError, load_networks, unknown
from tests.collector.mmdb_file import write_mmdb

TABLE = """prefix,asn,country
192.0.2.0/24,64500,KZ
192.0.2.128/25,64501,KZ
192.0.2.192/26,64502,
198.51.100.0/24,64503,US
2001:db8::/32,64500,KZ
2001:db8:1::/48,64504,KZ
"""


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", Network(64500, "KZ")),
        ("192.0.2.130", Network(64501, "KZ")),
        ("192.0.2.200", Network(64502, None)),
        ("192.0.2.255", Network(64502, None)),
        ("192.0.3.0", UNKNOWN),
        ("198.51.100.255", Network(64503, "US")),
        ("198.51.101.0", UNKNOWN),
        ("0.0.0.0", UNKNOWN),
        ("::ffff:192.0.2.1", Network(64500, "KZ")),
        ("2001:db8::1", Network(64500, "KZ")),
        ("2001:db8:1::1", Network(64504, "KZ")),
        ("2001:db8:2::1%eth0", Network(64500, "KZ")),
        ("no address", UNKNOWN),
    ],
)
def test_the_longest_prefix_of_a_table_wins(tmp_path: Path, address: str, network: Network) -> None:
    path = tmp_path / "networks.csv"
    path.write_text(TABLE)
    assert load_networks((path,))(address) == network


def test_two_databases_each_know_their_part(tmp_path: Path) -> None:
    write_mmdb(tmp_path / "asn.mmdb", {"192.0.2.0/24": {"autonomous_system_number": 64500}})
    write_mmdb(tmp_path / "country.mmdb", {"192.0.2.0/24": {"country": {"iso_code": "KZ"}}})
    lookup = load_networks((tmp_path / "asn.mmdb", tmp_path / "country.mmdb"))
    assert lookup("192.0.2.77") == Network(64500, "KZ")
    assert lookup("192.0.3.77") == UNKNOWN
    assert lookup("2001:db8::1") == UNKNOWN


def test_freely_published_databases_write_it_flat(tmp_path: Path) -> None:
    write_mmdb(tmp_path / "both.mmdb", {"192.0.2.0/24": {"asn": "AS64500", "country_code": "KZ"}})
    assert load_networks((tmp_path / "both.mmdb",))("192.0.2.77") == Network(64500, "KZ")


def test_without_a_database_nothing_is_known() -> None:
    assert load_networks(()) is unknown
    assert unknown("192.0.2.1") == UNKNOWN


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("n.csv", "prefix,asn,country\n192.0.2.1/24,1,KZ\n", "line 2: 192.0.2.1/24 has host bits set"),
        ("n.csv", "prefix,asn,country\n192.0.2.0/24,AS1,KZ\n", "line 2: invalid literal"),
        ("n.csv", "network,asn\n192.0.2.0/24,1\n", "line 2: 'prefix'"),
        ("n.mmdb", "no database", "n.mmdb cannot be used"),
    ],
    ids=["host bits", "no number", "other columns", "no MMDB"],
)
def test_a_broken_database_is_refused_with_its_line(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(NetworksError, match=message):
        load_networks((path,))
