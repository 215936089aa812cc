"""What a resolver can answer, and what is made of it."""

import dataclasses
import socket
from collections.abc import Callable

import pytest

from measurements.records import Observation
from measurements.targets import Resolver
from probes import dns
from probes.base import Context, Target
from tests.certificates import Authority, Leaf
from tests.dns_servers import (
    Answers,
    addresses,
    both,
    dns_server,
    doh_server,
    garbage,
    rcode,
    silent,
    truncated,
    wrong_id,
    wrong_question,
)

MakeTarget = Callable[..., Target]


async def ask(make: MakeTarget, context: Context, server: str, question: str = "A") -> Observation:
    asked = dataclasses.replace(make(443), address=None, question=question)
    return await dns.probe(dataclasses.replace(asked, resolver=Resolver(id="r", address=server)), context)


@pytest.mark.parametrize(
    ("answers", "failure"),
    [
        pytest.param(rcode("NXDOMAIN"), "dns_nxdomain_error", id="the name does not exist"),
        pytest.param(rcode("SERVFAIL"), "dns_servfail_error", id="the resolver failed"),
        pytest.param(rcode("REFUSED"), "dns_refused_error", id="the resolver refuses"),
        pytest.param(rcode("NOERROR"), "dns_no_answer", id="an empty answer"),
        pytest.param(rcode("NOTIMP"), "dns_server_misbehaving", id="a code that makes no sense here"),
        pytest.param(garbage, "dns_server_misbehaving", id="garbage"),
        pytest.param(wrong_question, "dns_server_misbehaving", id="an answer to another question"),
        pytest.param(wrong_id, "dns_reply_with_wrong_query_id", id="an answer with another id"),
        pytest.param(silent, "generic_timeout_error", id="silence"),
    ],
)
async def test_an_answer_without_an_address_says_how(
    answers: Answers, failure: str, context: Context, target: MakeTarget
) -> None:
    async with dns_server(answers) as server:
        seen = await ask(target, context, server)
    assert (seen.stage, seen.failure) == ("resolve", failure)
    assert seen.phases.resolve is None
    assert seen.dns is not None
    assert len(seen.dns.answers) == (answers is not silent)


async def test_a_question_that_was_lost_is_sent_again(context: Context, target: MakeTarget) -> None:
    deaf = iter((silent, silent))
    eager = dataclasses.replace(context, deadlines=dataclasses.replace(context.deadlines, ask_again=0.02))
    async with dns_server(lambda query: next(deaf, addresses("192.0.2.1"))(query)) as server:
        seen = await ask(target, eager, server)
    assert seen.failure is None
    assert seen.dns is not None
    assert (seen.dns.sent, len(seen.dns.answers)) == (3, 1)


async def test_a_good_answer_is_kept_whole(context: Context, target: MakeTarget) -> None:
    async with dns_server(addresses("192.0.2.1", "192.0.2.2", ttl=77)) as server:
        seen = await ask(target, context, server)
    assert (seen.stage, seen.failure, seen.address) == (None, None, "127.0.0.1")
    assert seen.dns is not None
    [answer] = seen.dns.answers
    assert set(answer.addresses) == {"192.0.2.1", "192.0.2.2"}  # dnspython shuffles what it sends
    assert (answer.ttl, answer.rcode) == (77, "NOERROR")
    assert seen.phases.resolve == answer.after
    assert seen.bytes_received == answer.size
    assert seen.bytes_sent > 12


async def test_the_packets_time_to_live_is_told_where_the_system_knows_it(
    context: Context, target: MakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dns_server(addresses("192.0.2.1")) as server:
        here = await ask(target, context, server)
        monkeypatch.setattr("probes.udp.sys.platform", "win32")
        elsewhere = await ask(target, context, server)
    assert here.dns is not None
    assert elsewhere.dns is not None
    assert here.dns.answers[0].ip_ttl == 64
    assert elsewhere.dns.answers[0].ip_ttl is None
    assert elsewhere.failure is None


async def test_a_race_is_caught_and_the_first_answer_counts(context: Context, target: MakeTarget) -> None:
    async with dns_server(both(addresses("10.77.9.9"), addresses("192.0.2.1"))) as server:
        seen = await ask(target, context, server)
    assert seen.failure is None
    assert seen.dns is not None
    assert [answer.addresses for answer in seen.dns.answers] == [("10.77.9.9",), ("192.0.2.1",)]
    assert seen.phases.resolve == seen.dns.answers[0].after


async def test_a_wrong_answer_before_the_right_one_is_kept_and_passed_over(
    context: Context, target: MakeTarget
) -> None:
    async with dns_server(both(wrong_id, garbage, addresses("192.0.2.1"))) as server:
        seen = await ask(target, context, server)
    assert seen.failure is None
    assert seen.dns is not None
    assert [answer.problem for answer in seen.dns.answers] == ["wrong_id", "malformed", None]


async def test_a_truncated_answer_is_asked_for_again_over_tcp(context: Context, target: MakeTarget) -> None:
    async with dns_server(truncated, over_tcp=addresses("192.0.2.1")) as server:
        seen = await ask(target, context, server)
    assert seen.failure is None
    assert seen.dns is not None
    assert seen.dns.transport == "tcp"
    assert [answer.truncated for answer in seen.dns.answers] == [True, False]
    assert seen.dns.answers[1].addresses == ("192.0.2.1",)


async def test_a_truncated_answer_without_tcp_is_a_failure(context: Context, target: MakeTarget) -> None:
    async with dns_server(truncated) as server:
        seen = await ask(target, context, server)
    assert (seen.stage, seen.failure) == ("resolve", "eof_error")


async def test_ipv6_addresses_are_asked_for_apart(context: Context, target: MakeTarget) -> None:
    async with dns_server(addresses("2001:db8::1", kind="AAAA")) as server:
        seen = await ask(target, context, server, question="AAAA")
    assert seen.dns is not None
    assert (seen.dns.question, seen.dns.answers[0].addresses) == ("AAAA", ("2001:db8::1",))


async def test_the_system_resolver_is_the_first_that_answers_and_stays_unnamed(
    context: Context, target: MakeTarget
) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        async with dns_server(addresses("192.0.2.1")) as server:
            servers = (f"127.0.0.1:{mute.getsockname()[1]}", server)
            own = dataclasses.replace(context, nameservers=lambda: servers)
            seen = await dns.probe(dataclasses.replace(target(443), resolver=Resolver(id="system")), own)
    assert seen.failure is None
    assert (seen.resolver, seen.address, seen.family) == ("system", None, None)


async def test_a_resolver_that_is_not_there_refuses(context: Context, target: MakeTarget) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        port = gone.getsockname()[1]
    seen = await ask(target, context, f"127.0.0.1:{port}")
    assert (seen.stage, seen.failure) == ("resolve", "connection_refused")


@pytest.mark.parametrize(
    ("alpn", "version"),
    [
        pytest.param(("h2", "http/1.1"), "2", id="over HTTP/2"),
        pytest.param(("http/1.1",), "1.1", id="over HTTP/1.1 where that is all there is"),
    ],
)
async def test_a_trusted_resolver_answers(
    alpn: tuple[str, ...], version: str, context: Context, target: MakeTarget, authority: Authority
) -> None:
    tls = authority.issue("resolver.test").context(alpn)
    async with doh_server(addresses("192.0.2.1"), tls) as url:
        resolver = Resolver(id="trusted", doh=url, tls_name="resolver.test")
        seen = await dns.probe(dataclasses.replace(target(443), resolver=resolver), context)
    assert (seen.stage, seen.failure) == (None, None)
    assert (seen.sni, seen.address, seen.host) == ("resolver.test", "127.0.0.1", "good.test")
    assert seen.dns is not None
    assert (seen.dns.transport, seen.dns.http_version) == ("doh", version)
    assert seen.dns.answers[0].addresses == ("192.0.2.1",)
    assert seen.phases.tls is not None


async def test_a_trusted_resolver_with_a_forged_certificate_is_not_asked(
    context: Context, target: MakeTarget, censor: Authority
) -> None:
    async with doh_server(addresses("192.0.2.1"), censor.issue("resolver.test").context()) as url:
        resolver = Resolver(id="trusted", doh=url, tls_name="resolver.test")
        seen = await dns.probe(dataclasses.replace(target(443), resolver=resolver), context)
    assert (seen.stage, seen.failure) == ("tls", "ssl_unknown_authority")
    assert seen.dns is None


@pytest.mark.parametrize("alpn", [("h2",), ("http/1.1",)])
async def test_a_trusted_resolver_that_refuses_is_a_failure(
    alpn: tuple[str, ...], context: Context, target: MakeTarget, leaf: Leaf
) -> None:
    async with doh_server(addresses("192.0.2.1"), leaf.context(alpn), status=403) as url:
        resolver = Resolver(id="trusted", doh=url)
        seen = await dns.probe(dataclasses.replace(target(443), resolver=resolver), context)
    assert (seen.stage, seen.failure) == ("resolve", "http_unexpected_status_code")


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5353", ("192.0.2.1", 5353)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]:5353", ("2001:db8::1", 5353)),
        ("fe80::1%eth0", ("fe80::1%eth0", 53)),
    ],
)
def test_a_server_may_carry_a_port(text: str, server: tuple[str, int]) -> None:
    assert dns.split_port(text) == server
