"""A modern ClickHouse on loopback: chDB, the same engine as a library, behind the HTTP interface of a server."""

import random
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from analysis.parquet_store import open_writer
from analysis.tables import FLAT

ROOT = Path(__file__).parents[3]
DDL = ROOT / "docs" / "clickhouse" / "one-server.sql"


START = datetime(2023, 10, 30, tzinfo=UTC)  # two months: two partitions


def rows(number: int) -> Iterator[dict[str, object]]:
    rng = random.Random(7)
    for n in range(number):
        shared: dict[str, object] = {
            "time": START + timedelta(seconds=n * 97, microseconds=n),
            "vantage": f"v{n % 5}",
            "asn": None if n % 5 == 4 else 64500 + n % 3,
            "origin": "flat",
        }
        target = {"platform": rng.choice(["youtube", "vk"]), "role": "target", "endpoint": "web"}
        control = {"platform": "wiki", "role": "control"}
        failure = rng.choice([None, None, None, "connection_reset"])
        if n % 2:
            flow = {"probe": "transfer", "pair": f"p{n}", "seconds": 2.0}
            speed = {
                "goodput_bytes_per_second": None if failure else rng.lognormvariate(12, 1),
                "bytes": 4096,
            }
            yield shared | flow | target | speed | {"failure": failure}
            yield (
                shared
                | flow
                | control
                | {"arm": "same_address", "goodput_bytes_per_second": rng.lognormvariate(12, 1)}
            )
        else:
            probe = {"probe": rng.choice(["tls", "http", "quic"]), "failure": failure}
            yield shared | target | probe
            yield shared | control | probe | {"failure": None}


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of flows in pairs and other probes, of five vantages."""
    folder = tmp_path_factory.mktemp("store")
    with open_writer(folder) as writer:
        stage = writer.stage(FLAT)
        stage.add(FLAT.batch(list(rows(20_000))))
        stage.commit()
    return folder


def handler(session: Any, folder: Path) -> type[BaseHTTPRequestHandler]:
    """Queries come as body; an insert comes as parameter, and its Parquet file as body."""

    class Http(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            given = {name: value for name, (value, *_) in parse_qs(urlsplit(self.path).query).items()}
            insert = given.pop("query", None)
            settings = "SETTINGS " + ", ".join(f"{name} = '{value}'" for name, value in given.items())
            try:
                self.answer(
                    200, self.load(insert, settings, body) if insert else self.ask(body.decode(), settings)
                )
            except RuntimeError as error:
                self.answer(404, str(error).encode())

        def ask(self, text: str, settings: str) -> bytes:
            sql, _, form = text.rpartition("\nFORMAT ")
            return bytes(session.query(f"{sql} {settings}", form).bytes())

        def load(self, insert: str, settings: str, body: bytes) -> bytes:
            table, columns = re.fullmatch(r"INSERT INTO (\S+) \((\S+)\) FORMAT Parquet", insert).groups()  # type: ignore[union-attr]  # else the test fails
            file = folder / "upload.parquet"
            file.write_bytes(body)
            session.query(
                f"INSERT INTO {table} ({columns}) {settings} SELECT {columns} FROM file('{file}', Parquet)"
            )
            return b""

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            pass

    return Http


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """`load(store)` fills `flat` with a store's files by our own script; `url` is the server's address."""
    chdb = pytest.importorskip(
        "chdb.session", reason="chDB is not installed: it has no wheel for this system"
    )
    if shutil.which("curl") is None:
        pytest.skip("scripts/clickhouse-load needs curl")
    folder = tmp_path_factory.mktemp("clickhouse")
    session = chdb.Session(str(folder / "data"))
    session.query(DDL.read_text("utf-8"))
    session.query("USE efir")
    server = HTTPServer(("127.0.0.1", 0), handler(session, folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    class Server:
        url = f"clickhouse://127.0.0.1:{server.server_port}/efir"

        def load(self, store: Path) -> None:
            address = f"http://127.0.0.1:{server.server_port}"
            subprocess.run([ROOT / "scripts" / "clickhouse-load", store, address], check=True)

    yield Server()
    server.shutdown()
    thread.join()
    server.server_close()
    session.close()
