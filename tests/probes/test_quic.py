"""How a QUIC connection can go."""

import socket
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address

import pytest

from probes import quic
from probes.base import Context, Target
from tests.certificates import Authority, Leaf
from tests.quic_server import quic_server, udp_answering

MakeTarget = Callable[..., Target]


async def test_a_page_over_http3(context: Context, target: MakeTarget, leaf: Leaf) -> None:
    async with quic_server(leaf) as port:
        seen = await quic.probe(target(port), context)
    assert (seen.stage, seen.failure) == (None, None)
    assert (seen.sni, seen.alpn, seen.probe) == ("good.test", "h3", "quic")
    assert seen.phases.connect is None
    assert seen.phases.tls is not None
    assert seen.phases.first_byte is not None
    assert seen.http is not None
    assert (seen.http.version, seen.http.status, seen.http.title) == ("3", 200, "over quic")
    assert seen.tls is not None
    assert seen.tls.verified is True
    assert len(seen.tls.chain_sha256) == 2
    assert 0 < seen.tls.received <= seen.bytes_received


async def test_ipv6_stands_apart(context: Context, target: MakeTarget, leaf: Leaf) -> None:
    async with quic_server(leaf, address="::1") as port:
        seen = await quic.probe(target(port, address="::1"), context)
    assert (seen.failure, seen.family) == (None, 6)


@pytest.mark.parametrize(
    ("names", "by", "expired", "failure"),
    [
        pytest.param(("good.test",), "censor", False, "ssl_unknown_authority", id="a root nobody trusts"),
        pytest.param(("other.test",), "authority", False, "ssl_invalid_hostname", id="another name"),
        pytest.param(("good.test",), "authority", True, "ssl_invalid_certificate", id="expired"),
    ],
)
async def test_a_bad_certificate_is_kept(
    names: tuple[str, ...],
    by: str,
    expired: bool,
    failure: str,
    context: Context,
    target: MakeTarget,
    request: pytest.FixtureRequest,
) -> None:
    issuer: Authority = request.getfixturevalue(by)
    async with quic_server(issuer.issue(*names, expired=expired)) as port:
        seen = await quic.probe(target(port), context)
    assert (seen.stage, seen.failure) == ("tls", failure)
    assert seen.tls is not None
    assert seen.tls.verified is False
    assert len(seen.tls.chain_der) == 2
    assert seen.http is None


async def test_silence_times_out(hasty: Context, target: MakeTarget) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        seen = await quic.probe(target(mute.getsockname()[1]), hasty)
    assert (seen.stage, seen.failure) == ("tls", "generic_timeout_error")
    assert seen.tls is not None
    assert (seen.tls.received, seen.tls.last_progress, seen.bytes_received) == (0, None, 0)
    assert seen.bytes_sent >= 1200


async def test_a_closed_port_refuses(context: Context, target: MakeTarget) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        port = gone.getsockname()[1]
    seen = await quic.probe(target(port), context)
    assert (seen.stage, seen.failure) == ("tls", "connection_refused")


async def test_a_server_without_our_versions_says_so(context: Context, target: MakeTarget) -> None:
    async with udp_answering(None) as (port, _):
        seen = await quic.probe(target(port), context)
    assert (seen.stage, seen.failure) == ("tls", "quic_incompatible_version")


async def test_noise_is_no_answer(hasty: Context, target: MakeTarget) -> None:
    async with udp_answering(b"\xff" * 100) as (port, _):
        seen = await quic.probe(target(port), hasty)
    assert (seen.stage, seen.failure) == ("tls", "generic_timeout_error")
    assert seen.bytes_received > 0


async def test_an_alert_keeps_its_number(context: Context, target: MakeTarget, leaf: Leaf) -> None:
    # aioquic tells of the peer's close only after the draining time (RFC 9000, section 10.2: 3 probe timeouts).
    patient = replace(context, deadlines=replace(context.deadlines, quic=5))
    async with quic_server(leaf, alpn=["other"]) as port:
        seen = await quic.probe(target(port), patient)
    assert (seen.stage, seen.failure) == ("tls", "ssl_failed_handshake")
    assert seen.tls is not None
    assert seen.tls.alert == 120  # no_application_protocol


async def test_the_sni_is_chosen_apart(context: Context, target: MakeTarget, authority: Authority) -> None:
    async with quic_server(authority.issue("neutral.test")) as port:
        seen = await quic.probe(target(port, sni="neutral.test"), context)
    assert (seen.failure, seen.sni, seen.host) == (None, "neutral.test", "good.test")
    assert ip_address(seen.address or "").is_loopback
