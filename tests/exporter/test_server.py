"""The HTTP side: who may see what, in which format."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import pytest
from aiohttp import ClientSession

from exporter.access import TokenError, allowed, read_token
from exporter.reading import Reader
from exporter.source import SourceError, SpoolSource
from measurements.store import Spool
from tests.exporter.conftest import NOW
from tests.exporter.serving import served

TOKEN = "0123456789abcdef0123456789abcdef"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


class Others(SpoolSource):
    """A store of many vantages, which /metrics must not show one by one."""

    own = False


class Broken(SpoolSource):
    """A store that cannot be read."""

    def arrivals(self, since: datetime, lately: datetime):
        raise SourceError("the file is locked")


@asynccontextmanager
async def serving(source: SpoolSource, token: str | None = None) -> AsyncIterator[ClientSession]:
    reader = Reader(source, platforms={"vk": "VK"}, utc=lambda: NOW, monotonic=lambda: 0.0)
    async with served(reader, token=token) as session:
        yield session


async def get(session: ClientSession, url: str, **headers: str) -> tuple[int, str, str]:
    async with session.get(url, headers=headers) as answer:
        return answer.status, answer.headers["Content-Type"], await answer.text()


@pytest.mark.parametrize(
    ("accept", "kind", "ends_with_eof"),
    [
        pytest.param("", "text/plain; version=0.0.4; charset=utf-8", False, id="no wish"),
        pytest.param(
            "text/html,;;=,*/*;q=x", "text/plain; version=0.0.4; charset=utf-8", False, id="nonsense"
        ),
        pytest.param(
            "application/openmetrics-text;version=1.0.0;q=0,text/plain",
            "text/plain; version=0.0.4; charset=utf-8",
            False,
            id="OpenMetrics refused",
        ),
        pytest.param("*/*", "text/plain; version=0.0.4; charset=utf-8", False, id="anybody"),
        pytest.param(
            "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            True,
            id="a Prometheus that asks for OpenMetrics",
        ),
    ],
)
async def test_the_format_is_what_was_asked_for(spool: Spool, accept, kind, ends_with_eof):
    async with serving(SpoolSource(spool)) as session:
        status, content_type, text = await get(session, "/metrics", Accept=accept)
    assert status == 200
    assert content_type == kind
    assert text.endswith("# EOF\n") == ends_with_eof
    assert "efir_build_info{" in text


@pytest.mark.parametrize(
    ("source", "token", "headers", "status"),
    [
        pytest.param(SpoolSource, None, {}, 200, id="one's own store needs no token"),
        pytest.param(SpoolSource, TOKEN, {}, 401, id="unless one is set"),
        pytest.param(Others, None, {}, 404, id="of many vantages it is closed without a token"),
        pytest.param(Others, None, BEARER, 404, id="whatever one sends"),
        pytest.param(Others, TOKEN, {}, 401, id="no token sent"),
        pytest.param(Others, TOKEN, {"Authorization": f"Bearer {TOKEN}0"}, 401, id="a wrong token"),
        pytest.param(Others, TOKEN, {"Authorization": f"Basic {TOKEN}"}, 401, id="another scheme"),
        pytest.param(Others, TOKEN, {"Authorization": "Bearer токен"}, 401, id="a token that is not ASCII"),
        pytest.param(Others, TOKEN, BEARER, 200, id="the token"),
    ],
)
async def test_single_vantages_are_seen_by_who_holds_the_token(spool: Spool, source, token, headers, status):
    async with serving(source(spool), token) as session:
        assert (await get(session, "/metrics/vantages", **headers))[0] == status
        assert (await get(session, "/metrics"))[0] == 200


async def test_a_compressed_page_says_the_same(spool: Spool):
    async with serving(SpoolSource(spool)) as session:
        pages = []
        for encoding in ("gzip", "identity"):
            async with session.get("/metrics", headers={"Accept-Encoding": encoding}) as answer:
                assert answer.headers.get("Content-Encoding", "identity") == encoding
                assert answer.headers["Vary"] == "Accept, Accept-Encoding"
                text = await answer.text()  # the client unpacks it
                pages.append({line.split()[0] for line in text.splitlines() if not line.startswith("#")})
    assert pages[0] == pages[1]


async def test_it_tells_when_the_store_cannot_be_read(spool: Spool):
    async with serving(Broken(spool)) as session:
        assert (await get(session, "/-/healthy"))[0] == 200
        assert (await get(session, "/-/ready"))[0] == 503
        assert "efir_collect_failed 1.0" in (await get(session, "/metrics"))[2]
    async with serving(SpoolSource(spool)) as session:
        assert (await get(session, "/-/ready"))[0] == 200


async def test_the_landing_page_links_to_what_there_is_and_loads_nothing(spool: Spool):
    async with serving(SpoolSource(spool)) as session:
        async with session.get("/-/") as answer:
            policy, text = answer.headers["Content-Security-Policy"], await answer.text()
        assert "default-src 'none'" in policy
        assert 'href="/metrics"' in text
        assert "http" not in text.replace("text/html", "")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"short", id="short"),
        pytest.param(b"", id="empty"),
        pytest.param(TOKEN.encode() + b"\n" + TOKEN.encode(), id="two lines"),
        pytest.param(b"\xff" * 40, id="not text"),
    ],
)
def test_a_bad_token_file_is_refused(tmp_path, content):
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(TokenError, match="token"):
        read_token(tmp_path / "token")


def test_a_token_file_may_end_with_a_line_break(tmp_path):
    (tmp_path / "token").write_text(TOKEN + "\n")
    assert allowed(f"bearer {TOKEN}", read_token(tmp_path / "token"))


def efir_serve(state, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "efir", "serve", "--state", str(state), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ, EFIR_LANG="en"),
    )


def test_the_command_says_where_it_listens_serves_and_ends_on_a_signal(tmp_path):
    with efir_serve(tmp_path, "--listen", "127.0.0.1:0", "--json") as process:
        host, port = json.loads(process.stdout.readline())["listen"]
        with urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=10) as answer:
            assert b"efir_spool_results 0.0" in answer.read()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert str(port) in errors


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(["--listen", "here"], 2, "not ADDRESS:PORT", id="no address"),
        pytest.param(["--listen", "192.0.2.1:0"], 3, "cannot listen on", id="not our address"),
        pytest.param(
            ["--listen", "127.0.0.1:0", "--token-file", "/nowhere"], 3, "cannot be read", id="no token file"
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path, arguments, code, words):
    with efir_serve(tmp_path, *arguments) as process:
        _, errors = process.communicate(timeout=20)
    assert process.returncode == code
    assert words in " ".join(errors.split())


@pytest.mark.parametrize(
    ("listen", "arguments", "status"),
    [
        pytest.param("127.0.0.1:0", [], 403, id="from the device itself, but without consent"),
        pytest.param("0.0.0.0:0", [], 404, id="open to others without a token"),
    ],
)
def test_a_round_on_demand_needs_a_token_or_the_device_itself(tmp_path, listen, arguments, status):
    with efir_serve(tmp_path, "--listen", listen, "--json", *arguments) as process:
        _host, port = json.loads(process.stdout.readline())["listen"]
        with pytest.raises(urllib.error.HTTPError) as answer:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/probe?platform=vk", timeout=10)
        answer.value.close()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert answer.value.code == status
