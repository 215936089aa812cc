"""Each action, as curl and dig see it, and the censor's own account of it."""

import errno
import os
import socket
import ssl
import sys
from typing import Any

import pytest

from lab.scenario import (
    Action,
    BlockPage,
    Delay,
    DnsAnswer,
    Dribble,
    Drop,
    Fin,
    Intercept,
    Lose,
    Police,
    Reset,
    Rule,
    Shape,
    TlsAlert,
    Trigger,
    Unreachable,
    Window,
)

pytestmark = pytest.mark.lab

Wire = Any  # the class in conftest.py

SITE = "www.tube.test"
ADDRESS = "11.6.1.1"  # of SITE in the lab's address plan
BIG = f"https://{SITE}/bytes/300000"
BY_SNI = Trigger(sni=(SITE,))
BY_ADDRESS = Trigger(prefixes=(ADDRESS,))
BY_HOST = Trigger(host=("plain.tube.test",))
FORGED = "10.9.9.9"
IP_RECVERR = 11  # ip(7); the socket module has no name for it before Python 3.14


def rule(trigger: Trigger, action: Action, **fields: Any) -> Rule:
    return Rule(name="test", trigger=trigger, action=action, **fields)


def test_without_rules_all_is_open(wire: Wire) -> None:
    wire.censor()
    assert wire.curl().status == 204
    status, addresses = wire.dig()
    assert (status, sorted(addresses)) == ("NOERROR", [ADDRESS, "11.6.1.2"])
    assert wire.truth() == set()


# --- DNS --------------------------------------------------------------------------------------------------------------

DNS_CASES = {
    "a forged address": (DnsAnswer(addresses=(FORGED,)), ("NOERROR", [FORGED])),
    "a name denied": (DnsAnswer(rcode="NXDOMAIN"), ("NXDOMAIN", [])),
    "a server failure": (DnsAnswer(rcode="SERVFAIL"), ("SERVFAIL", [])),
    "a refusal": (DnsAnswer(rcode="REFUSED"), ("REFUSED", [])),
    "an empty answer": (DnsAnswer(), ("NOERROR", [])),
    "silence": (Drop(), ("silence", [])),
}


@pytest.mark.parametrize(("action", "said"), DNS_CASES.values(), ids=DNS_CASES)
def test_a_false_answer_is_given_for_the_name_alone(wire: Wire, action: Action, said: object) -> None:
    wire.censor(rule(Trigger(dns=(SITE,)), action))
    assert wire.dig(SITE) == said
    assert wire.dig("m.tube.test")[0] == "NOERROR"
    assert wire.truth() == {("test", SITE)}


def test_a_false_answer_over_tcp(wire: Wire) -> None:
    wire.censor(rule(Trigger(dns=("*.tube.test",)), DnsAnswer(addresses=(FORGED,))))
    assert wire.dig(SITE, "+tcp") == ("NOERROR", [FORGED])


def test_a_race_gives_the_forged_answer_first_and_the_real_one_later(wire: Wire) -> None:
    wire.censor(rule(Trigger(dns=(SITE,)), DnsAnswer(addresses=(FORGED,), race=True)))
    question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x04tube\x04test\x00\x00\x01\x00\x01"
    with wire.socket(socket.SOCK_DGRAM) as client:
        client.sendto(question, (wire.plan.resolver[0], 53))
        answers = [client.recv(512), client.recv(512)]
    assert socket.inet_aton(FORGED) in answers[0]
    assert socket.inet_aton(ADDRESS) in answers[1]


# --- TCP and TLS ------------------------------------------------------------------------------------------------------

ENDINGS = {
    "packets to the address vanish": (BY_ADDRESS, Drop(), "timeout"),
    "the address refuses": (BY_ADDRESS, Reset(), "not connected"),
    "no network": (BY_ADDRESS, Unreachable(code="network"), "not connected"),
    "no host": (BY_ADDRESS, Unreachable(code="host"), "not connected"),
    "no port": (BY_ADDRESS, Unreachable(code="port"), "not connected"),
    "prohibited": (BY_ADDRESS, Unreachable(code="prohibited"), "not connected"),
    "the hello vanishes": (BY_SNI, Drop(), "timeout"),
    "the hello is answered by a reset": (BY_SNI, Reset(), "tls failed"),
    "a box beside the path resets": (BY_SNI, Reset(drop=False), "tls failed"),
    "the hello is answered by a FIN": (BY_SNI, Fin(), "tls failed"),
    "the hello is answered by an alert": (BY_SNI, TlsAlert(), "tls failed"),
}


@pytest.mark.parametrize(("trigger", "action", "ended"), ENDINGS.values(), ids=ENDINGS)
def test_a_connection_ends_as_the_rule_says(wire: Wire, trigger: Trigger, action: Action, ended: str) -> None:
    wire.censor(rule(trigger, action))
    assert wire.curl(patience=1 if ended == "timeout" else 10).ended == ended
    assert wire.curl("https://m.tube.test/").status == 204
    assert wire.truth() == {("test", SITE if trigger.sni else None)}


def test_an_alert_says_which(wire: Wire) -> None:
    wire.censor(rule(BY_SNI, TlsAlert(description=112)))
    assert "unrecognized name" in wire.curl().said


def test_ipv6_is_reset_too(wire: Wire) -> None:
    wire.censor(rule(Trigger(prefixes=("2a00:11::/32",)), Reset()))
    address = next(one for one in wire.plan.names[SITE] if ":" in one)
    with wire.lab.socket(socket.AF_INET6) as client, pytest.raises(ConnectionRefusedError):
        client.connect((address, 443))


def test_a_dribbled_handshake_arrives_whole_and_late(wire: Wire) -> None:
    wire.censor(rule(BY_SNI, Dribble(chunk=100, interval=0.02)))
    got = wire.curl()
    assert got.status == 204
    assert got.handshake > 0.15  # a flight of some 1,000 bytes in pieces of 100


@pytest.mark.parametrize(
    "trigger", [BY_SNI, Trigger(prefixes=(ADDRESS,), ports=(443,))], ids=["by name", "by address"]
)
def test_an_intercepted_flow_ends_at_another_server(wire: Wire, trigger: Trigger) -> None:
    wire.censor(rule(trigger, Intercept(ipv4=wire.plan.mitm[0], ipv6=wire.plan.mitm[1])))
    assert wire.curl().ended == "bad certificate"
    assert "CN=" in (seen := wire.curl(BIG, "-k", "-v", "-o", "/dev/null")).said
    assert seen.received == 300_000
    assert wire.curl("https://m.tube.test/").status == 204


# --- HTTP -------------------------------------------------------------------------------------------------------------


def test_a_block_page_comes_in_band(wire: Wire) -> None:
    wire.censor(rule(BY_HOST, BlockPage(status=451, body="<title>Restricted</title>")))
    got = wire.curl("http://plain.tube.test/")
    assert (got.status, got.body) == (451, "<title>Restricted</title>")


def test_a_block_page_may_be_a_redirect(wire: Wire) -> None:
    wire.censor(rule(BY_HOST, BlockPage(status=302, location="http://blocked.isp.lab/why")))
    got = wire.curl("http://plain.tube.test/", "--include")
    assert got.status == 302
    assert "Location: http://blocked.isp.lab/why\r\n" in got.body


def test_a_request_is_reset_by_its_host(wire: Wire) -> None:
    wire.censor(rule(BY_HOST, Reset()))
    assert wire.curl("http://plain.tube.test/").ended == "reset"


# --- slower -----------------------------------------------------------------------------------------------------------


def test_a_flow_freezes_after_so_many_bytes(wire: Wire) -> None:
    wire.censor(rule(BY_SNI, Drop(), after_bytes=20_000))
    got = wire.curl(BIG, "-o", "/dev/null", patience=1)
    assert got.ended == "timeout"
    assert 10_000 < got.received <= 20_000


@pytest.mark.parametrize("action", [Police(rate=2e6), Shape(rate=2e6)], ids=["policed", "shaped"])
def test_a_slowed_name_leaves_others_fast(wire: Wire, action: Action) -> None:
    wire.censor(rule(BY_SNI, action))
    slow = wire.curl(BIG, "-o", "/dev/null").total
    assert slow > 0.9  # 300 kB less the burst, at 250 kB/s
    assert wire.curl("https://m.tube.test/bytes/300000", "-o", "/dev/null").total < slow / 2


def test_slowness_sets_in_after_so_many_bytes(wire: Wire) -> None:
    wire.censor(rule(BY_SNI, Shape(rate=1e6), after_bytes=250_000))
    late = wire.curl(f"https://{SITE}/bytes/375000", "-o", "/dev/null").total
    assert late > 0.9  # 125 kB at 125 kB/s
    assert wire.curl(f"https://{SITE}/bytes/200000", "-o", "/dev/null").total < late / 2


def test_handshakes_alone_are_delayed(wire: Wire) -> None:
    wire.censor(rule(BY_SNI, Delay(seconds=0.4), direction="down", until_bytes=1500))
    got = wire.curl(f"https://{SITE}/bytes/100000", "-o", "/dev/null")
    assert got.handshake > 0.4
    assert got.total - got.handshake < got.handshake


def test_lost_acknowledgements_slow_a_download(wire: Wire) -> None:
    wire.censor(rule(BY_SNI, Lose(probability=0.98), direction="up", packets="acks"))
    slow = wire.curl(BIG, "-o", "/dev/null", patience=2).total
    wire.censor()
    assert slow > 3 * wire.curl(BIG, "-o", "/dev/null").total


def test_upload_alone_is_slowed(wire: Wire) -> None:
    wire.censor(rule(BY_SNI, Shape(rate=1e6), direction="up"))
    upload = wire.curl(f"https://{SITE}/", "--data-binary", "x" * 125_000, "-o", "/dev/null").total
    assert upload > 0.9
    assert wire.curl(f"https://{SITE}/bytes/125000", "-o", "/dev/null").total < upload / 2


# --- state ------------------------------------------------------------------------------------------------------------


def test_a_residual_block_is_about_the_address_and_port(wire: Wire) -> None:
    wire.censor(rule(BY_SNI, Reset(), residual=60.0))
    wire.curl()
    assert (
        wire.curl("https://m.tube.test/", "--connect-to", f"m.tube.test:443:{ADDRESS}:443").ended
        == "not connected"
    )
    assert wire.curl(f"http://{SITE}/").ended == "ok"


def test_an_address_is_remembered_after_a_name(wire: Wire) -> None:
    wire.censor(rule(BY_SNI, Shape(rate=1e6), memory=60.0))
    innocent = (
        "https://m.tube.test/bytes/100000",
        "--connect-to",
        f"m.tube.test:443:{ADDRESS}:443",
        "-o",
        "/dev/null",
    )
    before = wire.curl(*innocent).total
    wire.curl()
    after = wire.curl(*innocent).total
    assert after > 0.7
    assert before < after / 2


def test_a_single_syn_is_lost(wire: Wire) -> None:
    wire.censor(rule(BY_ADDRESS, Drop(), packets="syn", times=1))
    assert wire.curl().connect > 1.0  # the kernel repeats a SYN after a second
    assert wire.curl().connect < 1.0


def test_a_closed_window_lets_all_pass(wire: Wire) -> None:
    wire.censor(rule(BY_SNI, Reset(), window=Window(start=3600)))
    assert wire.curl().status == 204


def test_a_rule_spares_what_unless_names(wire: Wire) -> None:
    wire.censor(rule(Trigger(), Shape(rate=1e6), unless=Trigger(sni=("m.tube.test",))))
    slow = wire.curl(f"https://{SITE}/bytes/100000", "-o", "/dev/null").total
    assert slow > 0.7
    assert wire.curl("https://m.tube.test/bytes/100000", "-o", "/dev/null").total < slow / 2


H3 = """
import asyncio, sys
from aioquic.asyncio import connect
from aioquic.quic.configuration import QuicConfiguration
async def main(address, name, ca):
    configuration = QuicConfiguration(server_name=name, alpn_protocols=["h3"], cafile=ca)
    async with asyncio.timeout(2), connect(address, 443, configuration=configuration):
        print("connected", flush=True)
asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize(("name", "connected"), [(SITE, False), ("m.tube.test", True)])
def test_quic_is_dropped_by_its_name(wire: Wire, name: str, connected: bool) -> None:
    wire.censor(rule(Trigger(quic_sni=(SITE,)), Drop()))
    command = [sys.executable, "-c", H3, wire.address(name), name, wire.lab.world_info["ca_file"]]
    said = wire.lab.run(command, capture=True).stdout
    assert ("connected" in said) is connected
    assert wire.truth() == (set() if connected else {("test", SITE)})


# --- where the box stands ---------------------------------------------------------------------------------------------


def hello(name: str) -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize(
    ("ttl", "error"),
    [(2, errno.EHOSTUNREACH), (3, errno.ECONNRESET), (4, errno.ECONNRESET), (64, errno.ECONNRESET)],
)
def test_a_hello_that_ends_before_the_box_is_not_seen(wire: Wire, ttl: int, error: int) -> None:
    wire.censor(rule(BY_SNI, Reset(to="client"), hop=3))
    with wire.socket() as client:
        client.connect((ADDRESS, 443))
        client.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        client.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
        client.send(hello(SITE))
        with pytest.raises(OSError, match=os.strerror(error)):
            client.recv(100)


@pytest.mark.parametrize(("reassembly", "ended"), [("stream", True), ("first_segment", False)])
def test_a_name_cut_in_two_escapes_a_box_that_reads_one_segment(
    wire: Wire, reassembly: Any, ended: bool
) -> None:
    wire.censor(rule(Trigger(sni=(SITE,), reassembly=reassembly), Reset()))
    words = hello(SITE)
    middle = words.index(b"tube")
    with wire.socket() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.connect((ADDRESS, 443))
        client.send(words[:middle])
        client.send(words[middle:])
        if ended:
            with pytest.raises(ConnectionResetError):
                client.recv(100)
        else:
            assert client.recv(1) == b"\x16"  # the server's handshake record
