"""The report in Chromium: no error, no request, no sideways scrolling on a phone, and pages to print.

Pictures are left in artefacts/report for people to look at.
"""

import re
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from efir.exits import Exit
from tests.browser import CHROMIUM, FLAGS
from tests.commands import efir
from tests.efir.test_report import schedule, write_rows

PICTURES = Path(__file__).parents[2] / "artefacts" / "report"
pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(CHROMIUM is None, reason="needs the Debian package chromium"),
]


class Visits:
    """A server on loopback that notes what is asked of it."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        paths = self.paths

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                paths.append(self.path)
                self.send_response(204)
                self.end_headers()

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Silence: nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def visits() -> Iterator[Visits]:
    server = Visits()
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, visits: Visits) -> Path:
    """A report whose platform and sources are markup that asks the server for something."""
    home = tmp_path_factory.mktemp("page")
    hostile = f"<img src={visits.address}/img><script>document.title='run'</script>"
    write_rows(home / "rows.csv", {("youtube", 9198): 0.4, (hostile, 9198): 1.0})
    (home / "events.yaml").write_text(schedule(hostile))
    run = (
        "import {0}/rows.csv --into {0}/data",
        "report --data {0}/data --schedule {0}/events.yaml --out {0}/r.html",
    )
    for line in run:
        assert efir(*line.format(home).split(), "--lang", "en") == Exit.OK
    return home / "r.html"


def chromium(tmp_path: Path, page: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    assert CHROMIUM is not None
    return subprocess.run(
        [
            CHROMIUM,
            *FLAGS,
            "--enable-logging=stderr",
            f"--user-data-dir={tmp_path / 'profile'}",
            *arguments,
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )


def console(ended: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in ended.stderr.splitlines() if "CONSOLE" in line]


def test_it_opens_without_an_error_or_a_request_and_runs_no_foreign_script(
    tmp_path: Path, page: Path, visits: Visits
) -> None:
    visits.paths.clear()
    ended = chromium(tmp_path, page, "--dump-dom")
    assert console(ended) == []
    assert visits.paths == []
    assert "<title>Do platforms slow down" in ended.stdout
    assert "Associated in 1 of 2 tested cells" in ended.stdout
    assert ended.stdout.count("<svg") == 7


def test_its_policy_stops_what_escaping_would_have_missed(tmp_path: Path, page: Path, visits: Visits) -> None:
    markup = f"<img src={visits.address}/img><script>document.title='run'</script>"
    html = page.read_text("utf-8").replace("<main>", f"<main>{markup}")
    (tmp_path / "injected.html").write_text(html)
    visits.paths.clear()
    ended = chromium(tmp_path, tmp_path / "injected.html", "--dump-dom")
    assert visits.paths == []
    assert "<title>run" not in ended.stdout
    assert console(ended) != []
    # The same without the policy: the server would have noticed.
    (tmp_path / "open.html").write_text(re.sub(r"<meta http-equiv[^>]*>", "", html))
    assert "<title>run" in chromium(tmp_path, tmp_path / "open.html", "--dump-dom").stdout
    assert visits.paths == ["/img"]


@pytest.mark.parametrize("width", [360, 1000])
def test_only_charts_and_tables_scroll_sideways(tmp_path: Path, page: Path, width: int) -> None:
    # A window has a least width, a frame has none.
    measure = "<script>parent.postMessage(document.documentElement.scrollWidth, '*')</script></body>"
    html = re.sub(r"<meta http-equiv[^>]*>", "", page.read_text("utf-8")).replace("</body>", measure)
    (tmp_path / "measured.html").write_text(html)
    frame = f'<iframe src="measured.html" width="{width}" height="800" frameborder="0"></iframe>'
    listen = "<script>onmessage = said => { document.title = 'width ' + said.data }</script>"
    (tmp_path / "frame.html").write_text(listen + frame)
    ended = chromium(tmp_path, tmp_path / "frame.html", "--dump-dom")
    found = re.search(r"<title>width (\d+)</title>", ended.stdout)
    assert found
    assert int(found[1]) <= width


def test_it_prints(tmp_path: Path, page: Path) -> None:
    chromium(tmp_path, page, f"--print-to-pdf={tmp_path / 'report.pdf'}")
    pages = re.findall(rb"/Type\s*/Page\b", (tmp_path / "report.pdf").read_bytes())
    assert 3 <= len(pages) <= 12


@pytest.mark.parametrize(("name", "size"), [("phone", "390,4000"), ("desk", "1000,4000")])
def test_a_picture_is_kept_for_people(tmp_path: Path, page: Path, name: str, size: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    picture = PICTURES / f"{name}.png"
    picture.unlink(missing_ok=True)
    chromium(tmp_path, page, f"--window-size={size}", f"--screenshot={picture}")
    assert picture.read_bytes().startswith(b"\x89PNG")
