"""How a TLS handshake can end, each with its word, its stage and its evidence."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from measurements.scrub import scrubber
from probes import tls
from probes.base import Context, Target
from probes.wire.certificates import describe
from tests.certificates import Authority, Leaf
from tests.servers import Behaviour, Server, answer, fin_after_hello, hold, rst_after_hello, tcp_server

MakeTarget = Callable[..., Target]
ALERT = bytes.fromhex("15030300020228")
PAGE = b"HTTP/1.1 403 Forbidden\r\n\r\n<title>blocked</title>"


@pytest.mark.parametrize(
    ("behaviour", "failure"),
    [
        pytest.param(rst_after_hello, "connection_reset", id="a reset after the ClientHello"),
        pytest.param(fin_after_hello, "eof_error", id="a FIN after the ClientHello"),
        pytest.param(answer(ALERT), "ssl_failed_handshake", id="an alert"),
        pytest.param(answer(PAGE), "ssl_failed_handshake", id="a page in plain text"),
        pytest.param(hold, "generic_timeout_error", id="silence"),
    ],
)
async def test_a_handshake_that_is_cut_says_how(
    behaviour: Behaviour, failure: str, context: Context, hasty: Context, target: MakeTarget
) -> None:
    async with tcp_server(behaviour) as server:
        seen = await tls.probe(target(server.port), hasty if behaviour is hold else context)
    assert (seen.stage, seen.failure) == ("tls", failure)
    assert seen.phases.connect is not None
    assert seen.phases.tls is None
    assert seen.tls is not None
    assert seen.bytes_sent == seen.tls.hello_bytes == len(server.heard[0])


async def test_an_alert_keeps_its_number_and_a_plain_answer_its_text(
    context: Context, target: MakeTarget
) -> None:
    async with tcp_server(answer(ALERT)) as server:
        alerted = await tls.probe(target(server.port), context)
    async with tcp_server(answer(PAGE)) as server:
        plain = await tls.probe(target(server.port), context)
    assert alerted.tls is not None
    assert plain.tls is not None
    assert (alerted.tls.alert, alerted.tls.not_tls) == (40, None)
    assert (plain.tls.alert, plain.tls.not_tls) == (None, PAGE.decode())


async def test_what_a_plain_answer_says_of_the_visitor_is_not_kept(
    context: Context, target: MakeTarget
) -> None:
    page = b"HTTP/1.1 403 Forbidden\r\n\r\nSubscriber 87011234567 at 203.0.113.7."
    async with tcp_server(answer(page)) as server:
        seen = await tls.probe(target(server.port), replace(context, scrub=scrubber()))
    assert seen.tls is not None
    assert seen.tls.not_tls == "HTTP/1.1 403 Forbidden\r\n\r\nSubscriber [scrubbed] at [scrubbed]."


async def test_silence_after_some_bytes_shows_the_progress(hasty: Context, target: MakeTarget) -> None:
    half_a_record = bytes.fromhex("1603030200") + b"\x02" * 100

    async with tcp_server(answer(half_a_record, then=hold)) as server:
        seen = await tls.probe(target(server.port), hasty)
    assert seen.failure == "generic_timeout_error"
    assert seen.tls is not None
    assert seen.tls.received == seen.bytes_received == 105
    assert seen.tls.last_progress is not None
    assert seen.tls.last_progress < hasty.deadlines.tls


async def test_a_good_handshake_leaves_its_facts(context: Context, target: MakeTarget, leaf: Leaf) -> None:
    async with tcp_server(hold, tls=leaf.context(("h2", "http/1.1"))) as server:
        seen = await tls.probe(target(server.port), context)
    assert (seen.failure, seen.stage) == (None, None)
    assert (seen.alpn, seen.sni, seen.host, seen.family) == ("h2", "good.test", "good.test", 4)
    assert seen.phases.connect is not None
    assert seen.phases.tls is not None
    assert seen.tls is not None
    assert seen.tls.verified is True
    assert seen.tls.version == "TLSv1.3"
    assert seen.tls.names[0] == "good.test"
    assert len(seen.tls.chain_sha256) == 2
    assert seen.tls.chain_der == ()
    assert seen.tls.ja4 is not None
    assert seen.tls.ja4.startswith("t13d")
    assert seen.tls.received == seen.bytes_received > 500


@dataclass
class Wrong:
    """A certificate that must not pass."""

    failure: str
    names: tuple[str, ...] = ("good.test",)
    by: str = "authority"
    expired: bool = False


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(Wrong("ssl_unknown_authority", by="censor"), id="a root that nobody trusts"),
        pytest.param(Wrong("ssl_invalid_hostname", names=("other.test",)), id="another name"),
        pytest.param(Wrong("ssl_invalid_certificate", expired=True), id="an expired certificate"),
    ],
)
async def test_a_bad_certificate_is_kept_and_nothing_more_is_sent(
    wrong: Wrong, context: Context, target: MakeTarget, authority: Authority, censor: Authority
) -> None:
    by = censor if wrong.by == "censor" else authority
    bad = by.issue(*wrong.names, expired=wrong.expired, key_ids=True)

    async with tcp_server(hold, tls=bad.context()) as server:
        seen = await tls.probe(target(server.port), context)
    assert (seen.stage, seen.failure) == ("tls", wrong.failure)
    assert seen.tls is not None
    assert seen.tls.verified is False
    assert len(seen.tls.chain_der) == 2
    assert seen.tls.chain_sha256 == describe(seen.tls.chain_der).sha256
    assert seen.tls.issuer is not None
    assert by.name in seen.tls.issuer
    assert len(seen.tls.issuer_key_ids) == 1
    assert seen.bytes_sent == seen.tls.hello_bytes


async def test_without_the_inner_chain_method_the_failure_is_the_same(
    context: Context, target: MakeTarget, censor: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(ssl.SSLObject, "get_unverified_chain", raising=False)
    monkeypatch.setattr("probes.tls_stream._INNER", "absent")

    async with tcp_server(hold, tls=censor.issue("good.test").context()) as server:
        seen = await tls.probe(target(server.port), context)
    assert seen.failure == "ssl_unknown_authority"
    assert seen.tls is not None
    assert seen.tls.chain_sha256 == ()


async def test_the_sni_is_chosen_apart_from_the_address(
    context: Context, target: MakeTarget, authority: Authority
) -> None:
    neutral = authority.issue("neutral.test")

    async with tcp_server(hold, tls=neutral.context()) as server:
        seen = await tls.probe(target(server.port, sni="neutral.test"), context)
    assert seen.failure is None
    assert (seen.sni, seen.host) == ("neutral.test", "good.test")


async def test_a_cancelled_handshake_closes_its_socket(context: Context, target: MakeTarget) -> None:
    gone = asyncio.Event()

    async def until_gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server) -> None:
        server.heard.append(await reader.read(65536))
        heard.set()
        await reader.read()
        gone.set()

    heard = asyncio.Event()

    async with tcp_server(until_gone) as server:
        task = asyncio.create_task(tls.probe(target(server.port), context))
        await heard.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(gone.wait(), 2)
