"""How a connect can end."""

import socket
from collections.abc import Callable

import pytest

from probes import tcp, tcp_info
from probes.base import Context, Target
from tests.servers import hold, tcp_server

MakeTarget = Callable[..., Target]


async def test_an_open_port_gives_its_connect_time_and_nothing_is_sent(
    context: Context, target: MakeTarget
) -> None:
    async with tcp_server(hold) as server:
        seen = await tcp.probe(target(server.port), context)
    assert (seen.stage, seen.failure) == (None, None)
    assert seen.phases.connect is not None
    assert 0 < seen.phases.connect < context.deadlines.connect
    assert (seen.bytes_sent, seen.bytes_received) == (0, 0)


async def test_a_closed_port_is_refused(context: Context, target: MakeTarget) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    seen = await tcp.probe(target(port), context)
    assert (seen.stage, seen.failure) == ("connect", "connection_refused")
    assert seen.phases.connect is None


async def test_a_silent_address_times_out(hasty: Context, target: MakeTarget) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for sock in waiting:  # fill the backlog: the kernel then ignores further SYNs
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
        seen = await tcp.probe(target(port), hasty)
        for sock in waiting:
            sock.close()
    assert (seen.stage, seen.failure) == ("connect", "generic_timeout_error")


async def test_ipv6_stands_apart(context: Context, target: MakeTarget) -> None:
    async with tcp_server(hold, address="::1") as server:
        seen = await tcp.probe(target(server.port, address="::1"), context)
    assert (seen.failure, seen.family) == (None, 6)


async def test_an_address_without_a_route_says_so(context: Context, target: MakeTarget) -> None:
    """A documentation prefix on a scope that does not exist: the local system refuses at once."""
    seen = await tcp.probe(target(443, address="ff0e::1"), context)
    assert seen.stage == "connect"
    assert seen.failure in ("network_unreachable", "address_not_available", "host_unreachable")


@pytest.mark.parametrize("platform", ["win32", "darwin"])
async def test_without_tcp_info_the_snapshot_is_empty(
    platform: str, context: Context, target: MakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tcp_info.sys, "platform", platform)

    async with tcp_server(hold) as server:
        seen = await tcp.probe(target(server.port), context)
    assert seen.failure is None
    assert seen.tcp_info == {}
