"""What an HTTP server can answer, and what is kept of it."""

import asyncio
import dataclasses
import gzip
from collections.abc import Callable

import pytest

from measurements.scrub import scrubber
from measurements.targets import Expect
from probes import http
from probes.base import Context, Target
from tests.certificates import Authority, Leaf
from tests.servers import Behaviour, Server, answer, fin_after_hello, hold, rst_after_hello, tcp_server

MakeTarget = Callable[..., Target]
PAGE = b"<html><title>Hello\n there</title></html>"


def ok(body: bytes = PAGE, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers, b"", b""]
    return b"\r\n".join(lines) + body


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(ok(), id="with a length"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n" + PAGE, id="until the end"),
        pytest.param(b"HTTP/1.0 200 OK\n\n" + PAGE, id="with bare line feeds"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\n<html\r\n%x\r\n%b\r\n0\r\nT: 1\r\n\r\n"
            % (len(PAGE) - 5, PAGE[5:]),
            id="in chunks",
        ),
        pytest.param(b"HTTP/1.1 103 Early Hints\r\n\r\n" + ok(), id="after an interim answer"),
        pytest.param(
            ok(gzip.compress(PAGE), b"Content-Encoding: gzip"),
            id="compressed",
        ),
    ],
)
async def test_a_page_is_read_however_it_is_framed(
    data: bytes, context: Context, target: MakeTarget, leaf: Leaf
) -> None:
    async with tcp_server(answer(data), tls=leaf.context()) as server:
        seen = await http.probe(target(server.port), context)
    assert (seen.stage, seen.failure, seen.alpn) == (None, None, "http/1.1")
    assert seen.http is not None
    assert (seen.http.status, seen.http.length, seen.http.title) == (200, len(PAGE), "Hello there")
    assert seen.http.truncated is False
    assert seen.phases.first_byte is not None


@pytest.mark.parametrize(
    ("behaviour", "stage", "failure"),
    [
        pytest.param(hold, "first_byte", "generic_timeout_error", id="silence"),
        pytest.param(fin_after_hello, "first_byte", "eof_error", id="a FIN instead of an answer"),
        pytest.param(rst_after_hello, "first_byte", "connection_reset", id="a reset instead of an answer"),
        pytest.param(answer(b"SSH-2.0-x\r\n"), "first_byte", "http_request_failed", id="not HTTP"),
        pytest.param(answer(b"HTTP/1.1 20"), "first_byte", "eof_error", id="a FIN in the head"),
        pytest.param(answer(ok()[:-5]), "transfer", "eof_error", id="a FIN in the body"),
        pytest.param(
            answer(ok()[:-5], then=rst_after_hello), "transfer", "generic_timeout_error", id="a stall"
        ),
        pytest.param(
            answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
            "transfer",
            "http_request_failed",
            id="chunks that are none",
        ),
    ],
)
async def test_an_answer_that_breaks_off_says_where_and_how(
    behaviour: Behaviour, stage: str, failure: str, context: Context, hasty: Context, target: MakeTarget
) -> None:
    async with tcp_server(behaviour) as server:
        patience = hasty if failure == "generic_timeout_error" else context
        seen = await http.probe(target(server.port, scheme="http"), patience)
    assert (seen.stage, seen.failure) == (stage, failure)


async def test_what_came_before_a_stall_is_kept(hasty: Context, target: MakeTarget) -> None:
    async with tcp_server(answer(ok()[:-5], then=hold)) as server:
        seen = await http.probe(target(server.port, scheme="http"), hasty)
    assert (seen.stage, seen.failure) == ("transfer", "generic_timeout_error")
    assert seen.http is not None
    assert seen.http.length == len(PAGE) - 5
    assert seen.phases.first_byte is not None
    assert seen.phases.transfer is None


async def test_what_is_not_http_is_kept_as_text(context: Context, target: MakeTarget) -> None:
    async with tcp_server(answer(b"go away")) as server:
        seen = await http.probe(target(server.port, scheme="http"), context)
    assert seen.http is not None
    assert (seen.http.status, seen.http.body_start) == (None, "go away")


@pytest.mark.parametrize(
    ("data", "expect", "missed"),
    [
        pytest.param(ok(b"", status=b"204 No"), Expect(status=204), None, id="the status expected"),
        pytest.param(
            ok(status=b"503 Sorry"), Expect(status=(200, 301)), "status 503, expected 200 or 301", id="a 503"
        ),
        pytest.param(
            ok(b"<title>Are you human?</title>"),
            Expect(title_contains="YouTube"),
            "title without 'YouTube'",
            id="a CAPTCHA",
        ),
        pytest.param(ok(), Expect(body_contains="welcome"), "body without 'welcome'", id="another body"),
        pytest.param(ok(), Expect(min_bytes=100), "40 bytes, expected 100 or more", id="too short a body"),
    ],
)
async def test_an_answer_is_held_against_what_was_expected(
    data: bytes, expect: Expect, missed: str | None, context: Context, target: MakeTarget, leaf: Leaf
) -> None:
    async with tcp_server(answer(data), tls=leaf.context()) as server:
        seen = await http.probe(target(server.port, expect=expect), context)
    assert seen.failure is None
    assert seen.http is not None
    assert (seen.http.expected, seen.http.missed) == (missed is None, missed)
    assert (seen.http.body_start is not None) == (missed is not None)


async def test_a_redirect_to_another_host_is_noted_without_its_query(
    context: Context, target: MakeTarget
) -> None:
    moved = ok(b"", b"Location: http://blocked.example/page?client=10.0.0.7", status=b"302 Found")
    async with tcp_server(answer(moved)) as server:
        seen = await http.probe(target(server.port, scheme="http"), context)
    assert seen.failure is None
    assert seen.http is not None
    assert (seen.http.status, seen.http.location) == (302, "http://blocked.example/page")
    assert seen.http.redirects == 0


async def test_redirects_within_the_host_are_followed_up_to_five(
    context: Context, target: MakeTarget
) -> None:
    async def around(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            server.heard.append(head.split(b" ")[1])
            writer.write(ok(b"", b"Location: /%d" % len(server.heard), status=b"301 Moved"))

    async with tcp_server(around) as server:
        seen = await http.probe(target(server.port, "/start?a=1", scheme="http"), context)
    assert server.heard == [b"/start?a=1", b"/1", b"/2", b"/3", b"/4", b"/5"]
    assert seen.http is not None
    assert (seen.http.status, seen.http.redirects) == (301, 5)


@pytest.mark.parametrize("last", [fin_after_hello, rst_after_hello], ids=["FIN", "reset"])
async def test_a_server_that_closes_after_a_redirect_has_answered_with_it(
    last: Behaviour, context: Context, target: MakeTarget
) -> None:
    moved = ok(b"", b"Location: /next", status=b"301 Moved")
    async with tcp_server(answer(moved, then=last)) as server:
        seen = await http.probe(target(server.port, scheme="http"), context)
    assert (seen.stage, seen.failure) == (None, None)
    assert seen.http is not None
    assert (seen.http.status, seen.http.redirects) == (301, 0)
    assert seen.phases.first_byte is not None


async def test_a_redirect_that_is_expected_is_the_answer(context: Context, target: MakeTarget) -> None:
    moved = ok(b"", b"Location: /next", status=b"301 Moved")
    async with tcp_server(answer(moved)) as server:
        seen = await http.probe(target(server.port, scheme="http", expect=Expect(status=301)), context)
    assert seen.http is not None
    assert (seen.http.expected, seen.http.redirects) == (True, 0)


@pytest.mark.parametrize(
    ("expect", "read"),
    [
        pytest.param(None, 65536, id="a long page is not read to its end"),
        pytest.param(Expect(body_contains="the end"), 524288, id="unless something expected is yet to come"),
    ],
)
async def test_the_body_is_capped(
    expect: Expect | None, read: int, context: Context, target: MakeTarget
) -> None:
    patient = dataclasses.replace(context, deadlines=dataclasses.replace(context.deadlines, http=5))
    async with tcp_server(answer(ok(b"x" * 2_000_000))) as server:
        seen = await http.probe(target(server.port, scheme="http", expect=expect), patient)
    assert seen.failure is None
    assert seen.http is not None
    assert seen.http.truncated
    assert seen.http.length is not None
    assert read <= seen.http.length <= read + 65536


async def test_a_compressed_bomb_stays_small(context: Context, target: MakeTarget) -> None:
    bomb = ok(gzip.compress(b"\0" * 20_000_000), b"Content-Encoding: gzip")
    async with tcp_server(answer(bomb)) as server:
        seen = await http.probe(target(server.port, scheme="http"), context)
    assert seen.http is not None
    assert seen.http.length == 524288


async def test_a_block_page_tells_nothing_of_the_visitor(context: Context, target: MakeTarget) -> None:
    scrubbing = dataclasses.replace(context, scrub=scrubber())
    page = ok(
        b"<title>10.0.0.7 is blocked</title>Dear +7 701 123 45 67, your MAC is 001a.2b3c.4d5e.",
        b"Server: box at 10.0.0.7.",
        b"Location: http://block.test/10%2E0%2E0%2E7/87011234567/MTAuMC4wLjc=?ip=10.0.0.7&mac=00-1a-2b-3c-4d-5e",
        b"X-Forwarded-For: 10.0.0.7",
        status=b"302 Found",
    )
    async with tcp_server(answer(page)) as server:
        make = target(server.port, scheme="http", expect=Expect(status=204))
        seen = await http.probe(make, scrubbing)
    assert seen.http is not None
    assert seen.http.title == "[scrubbed] is blocked"
    assert seen.http.location == "http://block.test/[scrubbed]/[scrubbed]/[scrubbed]"
    for told in ("10.0.0.7", "701", "001a", "MTAu", "%2E"):
        assert told not in repr(seen.http)


async def test_what_a_hostile_server_says_at_length_is_cut(context: Context, target: MakeTarget) -> None:
    page = ok(b"", b"Server: " + b"a:" * 5000, b"Location: /" + b"a-" * 5000, status=b"302 Found")
    async with tcp_server(answer(page)) as server:
        seen = await http.probe(target(server.port, scheme="http", expect=Expect(status=302)), context)
    assert seen.http is not None
    assert len(repr(seen.http)) < 1000


async def test_a_request_looks_like_a_browsers(context: Context, target: MakeTarget) -> None:
    async with tcp_server(answer(ok())) as server:
        await http.probe(target(server.port, "/a?b=c", scheme="http"), context)
    [heard] = server.heard
    lines = heard.decode().split("\r\n")
    assert lines[0] == "GET /a?b=c HTTP/1.1"
    assert lines[1] == f"Host: good.test:{server.port}"
    assert any(line.startswith("User-Agent: Mozilla/5.0") for line in lines)
    assert "efir" not in heard.decode().lower()


async def test_nothing_is_asked_after_a_forged_certificate(
    context: Context, target: MakeTarget, censor: Authority
) -> None:
    async with tcp_server(answer(ok()), tls=censor.issue("good.test").context()) as server:
        seen = await http.probe(target(server.port), context)
    assert (seen.stage, seen.failure) == ("tls", "ssl_unknown_authority")
    assert server.heard == []
    assert seen.http is None


@pytest.mark.parametrize(("attempt", "failure"), [(1, "generic_timeout_error"), (2, None)])
async def test_a_second_try_waits_longer_for_a_page(
    attempt: int, failure: str | None, context: Context, target: MakeTarget
) -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server) -> None:
        await asyncio.sleep(0.2)
        await answer(ok())(reader, writer, server)

    short = dataclasses.replace(
        context, deadlines=dataclasses.replace(context.deadlines, http=0.1, second_try=30)
    )
    async with tcp_server(slow) as server:
        asked = dataclasses.replace(target(server.port, scheme="http"), attempt=attempt)
        seen = await http.probe(asked, short)
    assert seen.failure == failure
