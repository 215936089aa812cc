"""A round between real servers: what else is asked while second tries run."""

import asyncio
from dataclasses import replace

import dns.message
import pytest

from measurements.rules.watch import WATCH
from measurements.targets import Control, Endpoint, Expect, Platform, Targets
from probes import round as rounds
from probes.base import Context
from tests.certificates import Leaf
from tests.dns_servers import Answers, addresses, dns_server, rcode, silent
from tests.servers import Server, answer, hold, tcp_server

CONTROL = "good.test"  # the name in the certificate
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
NOTICE = b"HTTP/1.1 302 Found\r\nLocation: http://notice.test/\r\nContent-Length: 0\r\n\r\n"


async def notice_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server) -> None:
    """A provider's notice in the place of the first page."""
    await answer(OK if server.heard else NOTICE)(reader, writer, server)


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses, and a watch that a short wait sees."""
    monkeypatch.setattr(rounds, "RETRY_PAUSE", (0.0, 0.0))
    monkeypatch.setattr(rounds, "EVERY", 0.1)


def targets(control_port: int, *endpoints: Endpoint, host: str = "127.0.0.1") -> Targets:
    return Targets(
        version=1,
        platforms={"video": Platform(name="Video", endpoints=endpoints)},
        controls=tuple(
            Control(
                id=name,
                name=name,
                scope="foreign",
                url=f"https://{host}:{control_port}/",
                probes=("tcp", "tls"),
            )
            for name in ("one", "two")
        ),
    )


@pytest.mark.usefixtures("brisk")
async def test_controls_are_connected_to_while_a_second_try_waits(hasty: Context, leaf: Leaf) -> None:
    async with tcp_server(answer(OK), tls=leaf.context()) as control, tcp_server(hold) as silent:
        web = Endpoint(id="web", url=f"https://127.0.0.1:{silent.port}/", probes=("tcp", "tls"))
        told = targets(control.port, web)
        result = await rounds.run_round(told, hasty)
    watched = [o for o in result.observations if WATCH in o.flags]
    assert {(o.platform, o.probe, o.failure) for o in watched} >= {("one", "tcp", None), ("two", "tcp", None)}
    assert sum(o.bytes_sent + o.bytes_received for o in watched) == 0


@pytest.mark.usefixtures("brisk")
async def test_an_unexpected_page_in_clear_text_is_asked_for_again(context: Context, leaf: Leaf) -> None:
    async with tcp_server(answer(OK), tls=leaf.context()) as control, tcp_server(notice_first) as server:
        url = f"http://127.0.0.1:{server.port}/"
        clear = Endpoint(id="clear", url=url, probes=("http",), expect=Expect(status=200))
        result = await rounds.run_round(targets(control.port, clear), context)
    pages = [o for o in result.observations if o.role == "target"]
    assert [(o.attempt, o.http.status if o.http else None) for o in pages] == [(1, 302), (2, 200)]


def only_controls(otherwise: Answers) -> Answers:
    """A resolver that knows the controls' name, and does something else at any other."""

    def make(query: dns.message.Message) -> list[bytes]:
        known = str(query.question[0].name).startswith(CONTROL)
        return addresses("127.0.0.1")(query) if known else otherwise(query)

    return make


@pytest.mark.usefixtures("brisk")
@pytest.mark.parametrize(("says", "asked"), [(rcode("REFUSED"), {("one", 2, None)}), (silent, set())])
async def test_after_a_name_is_denied_twice_a_controls_name_is_asked(
    says: Answers, asked: set[tuple[str, int, str | None]], hasty: Context, leaf: Leaf
) -> None:
    async with (
        tcp_server(answer(OK), tls=leaf.context()) as control,
        dns_server(only_controls(says)) as nameserver,
    ):
        web = Endpoint(id="web", url="https://platform.test/", probes=("dns", "tcp", "tls"))
        told = targets(control.port, web, host=CONTROL)
        deadlines = replace(hasty.deadlines, resolve=0.1)
        own = replace(hasty, nameservers=lambda: (nameserver,), deadlines=deadlines)
        result = await rounds.run_round(told, own)
    beside = [o for o in result.observations if rounds.BESIDE in o.flags]
    assert {(o.platform, o.attempt, o.failure) for o in beside} == asked
