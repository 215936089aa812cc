"""What other programs on the computer send to the page's port, without the token and with it."""

import asyncio
from pathlib import Path

import pytest

from efir.ui import connections
from efir.ui.guard import HEADERS
from tests.efir.ui.conftest import Visitor, visiting

# More than a program may have open where the system is strict, as on macOS.
MANY = 300
HALF = b"GET / HTTP/1.1\r\n"


async def connect(visitor: Visitor, sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", visitor.site.guard.port)
    writer.write(sent)
    await writer.drain()
    return reader, writer


async def answer(visitor: Visitor, sent: bytes) -> str:
    """What comes until the server closes."""
    reader, writer = await connect(visitor, sent)
    try:
        return (await asyncio.wait_for(reader.read(), 10)).decode()
    finally:
        writer.close()


async def test_a_flood_of_half_sent_requests_ends_its_own_connections_and_not_the_page(
    tmp_path: Path,
) -> None:
    async with visiting(tmp_path / "s") as visitor:
        flood = [await connect(visitor, HALF) for _ in range(MANY)]
        assert "Who can see it" in await visitor.get("")
        oldest = flood[: MANY - connections._MOST]
        ends = [reader.read() for reader, _ in oldest]
        assert await asyncio.wait_for(asyncio.gather(*ends), 10) == [b""] * len(oldest)
        for _, writer in flood:
            writer.close()


@pytest.mark.parametrize("sent", [b"", HALF], ids=["nothing", "half of it"])
async def test_who_does_not_send_a_request_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(connections, "_PATIENCE", 0.05)
    async with visiting(tmp_path / "s") as visitor:
        assert await answer(visitor, sent) == ""


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /\xff/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
        b"GET / HTTP/1.1\r\n: none\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    ],
    ids=[
        "two hosts",
        "a path of bytes",
        "no version",
        "a header without a name",
        "a body without a size",
        "TLS",
    ],
)
async def test_what_is_no_http_is_refused_without_a_word_about_the_program(
    tmp_path: Path, request_line: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with visiting(tmp_path / "s") as visitor:
        told = await answer(visitor, request_line)
    assert told.split()[1] in ("400", "403")
    assert {name for name, value in HEADERS.items() if f"{name}: {value}" not in told} == set()
    assert "ython" not in told
    assert caplog.records == []


@pytest.mark.parametrize("path", ["agree", "wipe"])
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"x=\xff"),
        ({"Content-Type": "application/x-www-form-urlencoded; charset=none"}, b"x=1"),
        ({"Content-Type": "multipart/form-data"}, b"x"),
        ({"Content-Type": "multipart/form-data; boundary=a"}, b"--b\r\n\r\nx\r\n--b--\r\n"),
        ({"Content-Type": "multipart/form-data; boundary=a"}, b"--a\r\n\r\nx\r\n--a--\r\n"),
        ({"Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "gzip"}, b"x=1"),
    ],
    ids=["no UTF-8", "no charset", "no boundary", "another boundary", "no name", "not packed"],
)
async def test_a_body_that_is_no_form_is_the_senders_mistake(
    tmp_path: Path, path: str, headers: dict[str, str], body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with visiting(tmp_path / "s") as visitor:
        guard = visitor.site.guard
        sent = {"Origin": guard.origin, "Accept-Encoding": "identity", **headers}
        lines = [f"POST /{guard.token}/{path} HTTP/1.1", f"Host: 127.0.0.1:{guard.port}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in sent.items()]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
        told = await answer(visitor, head.encode() + body)
        assert told.split()[1] == "400"
        assert not visitor.site.ending.is_set()
    assert caplog.records == []
