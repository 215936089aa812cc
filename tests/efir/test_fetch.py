"""`efir fetch ooni` against a bucket on loopback."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from efir.exits import Exit
from tests.commands import efir

KEY = "raw/20231108/05/KE/telegram/a.jsonl.gz"
BODY = b"x" * 5000


class Bucket(BaseHTTPRequestHandler):
    """One object."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == f"/{KEY}":
            body = BODY
        else:
            here = KEY.startswith(parse_qs(url.query)["prefix"][0])
            row = f"<Contents><Key>{KEY}</Key><Size>{len(BODY)}</Size></Contents>" if here else ""
            body = f"<ListBucketResult>{row}</ListBucketResult>".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Bucket) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


SPAN = ["--country", "ke", "--since", "2023-11-08T05:00", "--until", "2023-11-08T06:00"]


def fetch(endpoint: str, into: Path, *more: str) -> int:
    return efir("fetch", "ooni", *SPAN, "--endpoint", endpoint, "--into", into, *more, "--json")


def test_a_dry_run_says_the_bytes_and_fetches_nothing(
    endpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetch(endpoint, tmp_path / "d", "--dry-run") == Exit.OK
    line = json.loads(capsys.readouterr().out)
    assert (line["files"], line["bytes"], line["transferred"]) == (1, 5000, 0)
    assert not (tmp_path / "d").exists()


def test_files_are_fetched_once_and_the_next_step_is_named(
    endpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetch(endpoint, tmp_path) == Exit.OK
    captured = capsys.readouterr()
    assert json.loads(captured.out)["transferred"] == 5000
    assert "efir import" in captured.err
    assert (tmp_path / KEY).read_bytes() == BODY
    assert fetch(endpoint, tmp_path) == Exit.OK
    assert json.loads(capsys.readouterr().out)["transferred"] == 0


def test_a_span_that_ends_before_it_begins_is_a_usage_error(tmp_path: Path) -> None:
    arguments = [
        "fetch",
        "ooni",
        "--country",
        "KZ",
        "--since",
        "2023-11-08",
        "--until",
        "2023-11-07",
        "--into",
        "x",
    ]
    assert efir(*arguments) == Exit.USAGE
