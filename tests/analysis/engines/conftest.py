"""A modern ClickHouse on loopback: chDB, the same engine as a library, behind the HTTP interface of a server."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from analysis.tables import FLAT

DDL = Path(__file__).parents[3] / "docs" / "clickhouse" / "one-server.sql"


def handler(session: Any) -> type[BaseHTTPRequestHandler]:
    class Http(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sql = self.rfile.read(int(self.headers["Content-Length"])).decode()
            sql, _, format_ = sql.rpartition("\nFORMAT ")
            settings = ", ".join(
                f"{name} = '{value}'" for name, value in parse_qsl(urlsplit(self.path).query)
            )
            try:
                status, body = 200, session.query(f"{sql} SETTINGS {settings}", format_).bytes()
            except RuntimeError as error:
                status, body = 404, str(error).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            pass

    return Http


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """`load(store)` fills `flat` with a store's files; `url` is the server's address."""
    chdb = pytest.importorskip("chdb.session", reason="chDB is not installed: pip install 'efir[clickhouse]'")
    session = chdb.Session(str(tmp_path_factory.mktemp("clickhouse")))
    session.query(DDL.read_text("utf-8"))
    server = HTTPServer(("127.0.0.1", 0), handler(session))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    class Server:
        url = f"clickhouse://127.0.0.1:{server.server_port}/efir"

        def load(self, store: Path) -> None:
            session.query("USE efir")
            for file in FLAT.files(store):
                names = ", ".join(FLAT.names)
                once = f"SETTINGS insert_deduplicate = 1, insert_deduplication_token = '{file.name}'"
                session.query(
                    f"INSERT INTO efir.flat ({names}) {once} SELECT {names} FROM file('{file}', Parquet)"
                )

    yield Server()
    server.shutdown()
    thread.join()
    server.server_close()
    session.close()
