"""Our servers write about their own mistakes, and about nobody's address."""

import asyncio

import pytest
from aiohttp import web

from efir.server_log import server_log

WRONG = b"GET / HTTP/1.1\r\nX-Forwarded-For: 198.51.100.7\r\nHost: a\r\nHost: b\r\n\r\n"
RIGHT = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def broken(_request: web.Request) -> web.Response:
    raise LookupError("our mistake")


async def answer_to(request: bytes) -> bytes:
    app = web.Application()
    app.router.add_get("/", broken)
    runner = web.AppRunner(app, access_log=None, logger=server_log())
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
        writer.write(request)
        answer = await reader.readline()
        writer.close()
    finally:
        await runner.cleanup()
    return answer


async def test_a_request_that_is_no_http_is_refused_and_leaves_no_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert b" 400 " in await answer_to(WRONG)
    assert caplog.text == ""


async def test_our_own_mistake_is_written_without_the_client(caplog: pytest.LogCaptureFixture) -> None:
    assert b" 500 " in await answer_to(RIGHT)
    assert "our mistake" in caplog.text
    assert "127.0.0.1" not in caplog.text
