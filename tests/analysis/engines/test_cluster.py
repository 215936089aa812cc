"""Two real servers as one cluster: Debian's ClickHouse of 2018, asked in its dialect.

It proves sharding, merging and joins over shards, with the tables of docs/clickhouse/cluster.sql; modern functions and
the exact queries of Efir are held against DuckDB on chDB (test_clickhouse.py). Replication needs ZooKeeper: not here.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from analysis.data import open_data
from analysis.tables import FLAT
from tests.ports import free_port

pytestmark = pytest.mark.system

CLUSTER_SQL = Path(__file__).parents[3] / "docs" / "clickhouse" / "cluster.sql"
# What the old server does not know yet, or what needs ZooKeeper -> what stands for it.
OLD_DIALECT = {
    "DateTime64(6, 'UTC')": "DateTime('UTC')",
    "LowCardinality(Nullable(String))": "Nullable(String)",
    "LowCardinality(String)": "String",
    "MATERIALIZED": "DEFAULT",
    " ON CLUSTER '{cluster}'": "",
    "'{cluster}'": "two",
    "ReplicatedMergeTree('/clickhouse/tables/{shard}/efir/flat_local', '{replica}')": "MergeTree()",
}
CONFIG = """<yandex>
<logger><level>information</level><console>1</console></logger>
<http_port>{http}</http_port><tcp_port>{tcp}</tcp_port><listen_host>127.0.0.1</listen_host>
<mark_cache_size>100000000</mark_cache_size>
<path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path><users_config>{folder}/users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database>
<remote_servers><two>{shards}</two></remote_servers>
</yandex>"""
SHARD = "<shard><replica><host>127.0.0.1</host><port>{tcp}</port></replica></shard>"
USERS = """<yandex><profiles><default/></profiles><quotas><default/></quotas><users><default>
<password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
</default></users></yandex>"""

HOURS = 3600
# Windows of events: (id, first second, last second), long and short, over an hour's edge and within one.
WINDOWS = (
    (1, 1_698_750_000, 1_698_757_200),
    (2, 1_699_000_900, 1_699_001_500),
    (3, 1_699_300_000, 1_699_400_000),
)


class Server:
    """One server; `ask` speaks its HTTP interface."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, sql: str, body: bytes = b"") -> list[list[str]]:
        """Rows of an answer; `body` are rows of an insert, tab-separated."""
        url = f"http://127.0.0.1:{self.port}/?insert_distributed_sync=1&query={quote(sql)}"
        try:
            with urlopen(Request(url, data=body)) as answer:
                return [line.split("\t") for line in answer.read().decode().splitlines()]
        except HTTPError as error:
            raise AssertionError(error.read().decode()) from error


def start(program: str, folder: Path, http: int, tcp: int, shards: str) -> "subprocess.Popen[str]":
    """A server that is ready."""
    for name in ("data", "tmp"):
        (folder / name).mkdir(parents=True)
    (folder / "users.xml").write_text(USERS)
    (folder / "config.xml").write_text(CONFIG.format(http=http, tcp=tcp, folder=folder, shards=shards))
    process = subprocess.Popen(
        [program, f"--config-file={folder}/config.xml"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if "Ready for connections" in line:
            return process
    raise AssertionError("".join(said))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, store: Path) -> Iterator[list[Server]]:
    """Two servers that hold the store's rows, each its share."""
    program = shutil.which("clickhouse-server", path="/usr/sbin:/usr/bin")
    if program is None:
        pytest.skip("needs the Debian package clickhouse-server")
    ports = [(free_port(), free_port()) for _ in range(2)]
    shards = "".join(SHARD.format(tcp=tcp) for _, tcp in ports)
    with ExitStack() as stack:
        for http, tcp in ports:
            process = start(program, tmp_path_factory.mktemp("server"), http, tcp, shards)
            stack.enter_context(process)
            stack.callback(process.kill)
        servers = [Server(http) for http, _ in ports]
        for server in servers:
            for statement in tables():
                server.ask(statement)
        servers[0].ask(
            f"INSERT INTO efir.flat ({', '.join(FLAT.names)}) FORMAT TabSeparated", exported(store)
        )
        yield servers


def tables() -> list[str]:
    """The statements of the docs in the old dialect."""
    text = "\n".join(
        line for line in CLUSTER_SQL.read_text("utf-8").splitlines() if not line.startswith("--")
    )
    for new, old in OLD_DIALECT.items():
        text = text.replace(new, old)
    return [statement for statement in text.split(";") if statement.strip()]


def exported(store: Path) -> bytes:
    """The rows of a store as the old server reads them: whole seconds, \\N for null."""
    table = open_data(str(store)).query(
        f"SELECT {', '.join(FLAT.names)} FROM flat".replace(
            "time,", "CAST(floor(epoch(time)) AS BIGINT) AS time,"
        )
    )
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    lines = ("\t".join("\\N" if value is None else str(value) for value in row) for row in rows)
    return "\n".join(lines).encode()


def both(cluster: list[Server], store: Path, sql: str, **snippets: tuple[str, str]) -> tuple[Any, Any]:
    """Sorted answers of DuckDB and of the cluster; of each snippet the first is DuckDB's."""
    here, there = ({name: pair[n] for name, pair in snippets.items()} for n in range(2))
    duck = open_data(str(store)).query(
        sql.format(**here, flat="flat", t="CAST(floor(epoch(time)) AS BIGINT)")
    )
    rows = zip(*(column.to_pylist() for column in duck.columns), strict=True)
    theirs = cluster[0].ask(sql.format(**there, flat="efir.flat", t="toInt64(toUInt32(time))"))
    return sorted(list(row) for row in rows), sorted(theirs)


def equal(here: list[list[Any]], there: list[list[str]]) -> None:
    """Texts alike, numbers but for rounding."""
    assert len(here) == len(there) > 1
    for one, other in zip(here, there, strict=True):
        for value, text in zip(one, other, strict=True):
            if isinstance(value, str):
                assert value == text
            else:
                assert float(text) == pytest.approx(float(value), rel=1e-9)


def test_each_vantage_lives_on_one_shard(cluster: list[Server]) -> None:
    shares = [
        {row[0] for row in server.ask("SELECT DISTINCT vantage FROM efir.flat_local")} for server in cluster
    ]
    assert all(shares)
    assert not shares[0] & shares[1]
    assert shares[0] | shares[1] == {f"v{n}" for n in range(5)}


def test_counts_and_sums_over_the_shards_are_duckdb_s(cluster: list[Server], store: Path) -> None:
    equal(
        *both(
            cluster,
            store,
            "SELECT platform, role, count(*) AS n, sum(bytes) AS b, count(failure) AS f, sum({t}) AS s FROM {flat} "
            "WHERE probe = 'transfer' AND role = 'target' GROUP BY platform, role",
        )
    )


def test_the_join_of_pairs_over_the_shards_is_duckdb_s(cluster: list[Server], store: Path) -> None:
    equal(
        *both(
            cluster,
            store,
            "SELECT platform, vantage, count(*) AS n, sum(target) AS a, sum(control) AS b FROM ("
            " SELECT platform, vantage, pair, goodput_bytes_per_second AS target FROM {flat}"
            " WHERE role = 'target' AND probe = 'transfer' AND failure IS NULL) AS t "
            "{join} (SELECT vantage, pair, goodput_bytes_per_second AS control FROM {flat}"
            " WHERE role = 'control' AND probe = 'transfer' AND failure IS NULL) AS c "
            "USING (vantage, pair) GROUP BY platform, vantage",
            join=("JOIN", "ALL INNER JOIN"),
        )
    )


def test_the_join_with_windows_by_the_hour_is_duckdb_s(cluster: list[Server], store: Path) -> None:
    """An equi-join on the hour, then the range: how windows are joined on every engine."""
    hours = " UNION ALL ".join(
        f"SELECT {{int}}({hour}) AS hour, {event} AS event, {start} AS begun, {end} AS ended"
        for event, start, end in WINDOWS
        for hour in range(start // HOURS, end // HOURS + 1)
    )
    equal(
        *both(
            cluster,
            store,
            "SELECT platform, event, count(*) AS n, sum(t) AS s FROM ("
            " SELECT platform, {t} AS t, {hour} AS hour FROM {flat} WHERE role = 'target') AS rows "
            f"{{join}} ({hours}) AS windows USING (hour) WHERE t >= begun AND t < ended GROUP BY platform, event",
            join=("JOIN", "ALL INNER JOIN"),
            hour=("CAST(floor(epoch(time) / 3600) AS BIGINT)", "toInt64(intDiv(toUInt32(time), 3600))"),
            int=("", "toInt64"),
        )
    )
