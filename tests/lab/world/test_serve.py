"""The world's servers, asked by clients that are not ours."""

import asyncio
import io
import socket
import ssl
import struct
from typing import Any

import aiohttp
import dns.asyncquery
import dns.flags
import dns.message
import dns.rcode
import pytest
from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import QuicEvent
from cryptography import x509

from lab.world.changes import NameChange, SiteChange, WorldChanges
from lab.world.plan import HELPER_NAME, PORTAL_NAME
from lab.world.telegram import REQ_PQ_MULTI, RES_PQ
from measurements.targets import Targets


def _client(loopback: Any, verify: bool = True) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(loopback.servers.wardrobe.ca_file))
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _get(
    loopback: Any, name: str, path: str, address: str | None = None, verify: bool = True, **options: Any
) -> tuple[int, bytes, dict[str, str]]:
    port = loopback.tcp(address or loopback.first(name), 443)
    connector = aiohttp.TCPConnector(ssl=_client(loopback, verify))
    async with (
        aiohttp.ClientSession(connector=connector, auto_decompress=False) as session,
        session.request(
            options.pop("method", "GET"),
            f"https://127.0.0.1:{port}{path}",
            server_hostname=name,
            headers={"Host": name},
            allow_redirects=False,
            **options,
        ) as answer,
    ):
        return answer.status, await answer.read(), {k.lower(): v for k, v in answer.headers.items()}


async def _leaf(loopback: Any, address: str, name: str) -> x509.Certificate:
    context = _client(loopback, verify=False)
    _, writer = await asyncio.open_connection(
        "127.0.0.1", loopback.tcp(address, 443), ssl=context, server_hostname=name
    )
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return x509.load_der_x509_certificate(der)


@pytest.mark.parametrize(
    ("name", "path", "status", "contains", "at_least"),
    [
        ("www.tube.test", "/ping", 204, b"", 0),
        ("m.tube.test", "/", 200, b"<title>Tube home</title>", 5000),
        ("img.tube.test", "/logo.jpg?v=2", 200, b"", 4 << 20),
        ("www.tube.test", "/", 200, b'src="https://js.tube.test/', 0),
        ("static.quiet.test", "/bytes/70000", 200, b"", 70000),
        ("www.pedia.test", "/", 200, b"Pedia", 0),
        ("www.pedia.test", "/nothing", 404, b"", 0),
    ],
)
def test_a_site_answers_what_the_targets_file_expects(
    in_world: Any, name: str, path: str, status: int, contains: bytes, at_least: int
) -> None:
    got, body, _ = in_world(WorldChanges(), lambda loopback: _get(loopback, name, path))
    assert got == status
    assert contains in body
    assert len(body) >= at_least


def test_the_same_object_comes_from_the_neutral_name_on_the_same_address(in_world: Any) -> None:
    async def both(loopback: Any) -> list[Any]:
        address = loopback.first("img.tube.test")
        return [
            await _get(loopback, name, "/bytes/50000", address)
            for name in ("img.tube.test", "static.quiet.test")
        ]

    first, second = in_world(WorldChanges(), both)
    assert first[:2] == second[:2]


def test_an_upload_is_accepted_on_every_host(in_world: Any) -> None:
    status, _, _ = in_world(
        WorldChanges(),
        lambda lo: _get(lo, "www.tube.test", "/up", method="POST", data=io.BytesIO(b"x" * 3_000_000)),
    )
    assert status == 200


def test_the_helper_shows_one_certificate_for_any_name(in_world: Any) -> None:
    async def ask(loopback: Any) -> Any:
        address = loopback.first(HELPER_NAME)
        leaves = [await _leaf(loopback, address, name) for name in ("www.tube.test", "a.example")]
        root = await _get(loopback, "www.tube.test", "/", address, verify=False)
        data = [await _get(loopback, "a.test", "/bytes/4000000", address, verify=False) for _ in range(2)]
        return leaves, root, data

    leaves, root, data = in_world(WorldChanges(), ask)
    assert leaves[0] == leaves[1]
    assert root[0] == 204
    assert len(data[0][1]) == 4_000_000
    assert data[0][1] == data[1][1]


def test_the_interceptor_copies_subject_and_names_under_the_state_like_root(in_world: Any) -> None:
    async def ask(loopback: Any) -> Any:
        mitm = loopback.servers.plan.mitm[0]
        genuine = await _leaf(loopback, loopback.first("m.tube.test"), "m.tube.test")
        return genuine, await _leaf(loopback, mitm, "m.tube.test")

    genuine, forged = in_world(WorldChanges(), ask)
    assert forged.subject == genuine.subject
    names = [
        leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName) for leaf in (genuine, forged)
    ]
    assert names[0] == names[1]
    assert forged.issuer.rfc4514_string() == "CN=Qaznet Trust Network,C=KZ"
    assert genuine.issuer != forged.issuer


@pytest.mark.parametrize(
    ("kind", "code"), [("expired", 10), ("wrong_name", 62), ("self_signed", 18), ("state", 19)]
)
def test_a_bad_certificate_is_refused_with_its_own_code(in_world: Any, kind: Any, code: int) -> None:
    world = WorldChanges(sites=(SiteChange(names=("m.tube.test",), certificate=kind),))

    async def ask(loopback: Any) -> int:
        with pytest.raises(aiohttp.ClientConnectorCertificateError) as refused:
            await _get(loopback, "m.tube.test", "/")
        error = refused.value.certificate_error
        assert isinstance(error, ssl.SSLCertVerificationError)
        return error.verify_code

    assert in_world(world, ask) == code


@pytest.mark.parametrize(
    ("change", "status", "contains"),
    [
        (SiteChange(names=("m.*",), page="captcha"), 403, b"captcha"),
        (SiteChange(names=("m.*",), page="geo"), 451, b"not available"),
        (SiteChange(names=("m.*",), page="error"), 503, b"Try again"),
        (SiteChange(names=("m.*",), page="error", status=500), 500, b"Try again"),
        (SiteChange(names=("m.*",), page="redirect"), 302, b""),
        (SiteChange(names=("other",), page="error"), 200, b"watch"),
    ],
)
def test_a_site_change_gives_its_page(
    in_world: Any, change: SiteChange, status: int, contains: bytes
) -> None:
    got, body, _ = in_world(
        WorldChanges(sites=(change,)), lambda loopback: _get(loopback, "m.tube.test", "/")
    )
    assert got == status
    assert contains in body


def test_a_paced_origin_keeps_its_rate(in_world: Any) -> None:
    world = WorldChanges(sites=(SiteChange(names=("*",), rate=200_000),))

    async def ask(loopback: Any) -> float:
        start = asyncio.get_running_loop().time()
        await _get(loopback, "m.tube.test", "/bytes/60000")
        return asyncio.get_running_loop().time() - start

    assert 0.24 <= in_world(world, ask) < 0.9  # the last pause comes after the last byte


def test_a_captive_portal_catches_names_and_connections(in_world: Any) -> None:
    async def ask(loopback: Any) -> Any:
        answer = await _udp(loopback, "www.tube.test")
        leaf = await _leaf(loopback, loopback.first("www.tube.test"), "www.tube.test")
        page = await _get(loopback, "m.tube.test", "/", verify=False)
        return answer, leaf, page, loopback.servers.plan.names[PORTAL_NAME]

    answer, leaf, page, portal = in_world(WorldChanges(captive_portal=True), ask)
    assert {row.address for row in answer.answer[0]} <= set(portal)
    assert PORTAL_NAME in leaf.subject.rfc4514_string()
    assert page[0] == 302
    assert PORTAL_NAME in page[2]["location"]


# --- DNS ---


async def _udp(loopback: Any, name: str, kind: str = "A", timeout: float = 2.0) -> dns.message.Message:
    port = loopback.udp(loopback.servers.plan.resolver[0], 53)
    return await dns.asyncquery.udp(dns.message.make_query(name, kind), "127.0.0.1", timeout, port)


@pytest.mark.parametrize(
    ("says", "rcode", "count"),
    [
        ("nxdomain", dns.rcode.NXDOMAIN, 0),
        ("servfail", dns.rcode.SERVFAIL, 0),
        ("refused", dns.rcode.REFUSED, 0),
        ("empty", dns.rcode.NOERROR, 0),
        ("regional", dns.rcode.NOERROR, 1),
        (None, dns.rcode.NOERROR, 2),
    ],
)
def test_the_system_resolver_says_what_the_scenario_wants(
    in_world: Any, says: Any, rcode: dns.rcode.Rcode, count: int
) -> None:
    world = WorldChanges(names=(NameChange(names=("*.tube.test",), says=says),))
    answer = in_world(world, lambda loopback: _udp(loopback, "www.tube.test"))
    assert answer.rcode() == rcode
    assert sum(len(rows) for rows in answer.answer) == count


def test_silence_is_silence_and_other_names_are_answered(in_world: Any) -> None:
    world = WorldChanges(names=(NameChange(names=("www.tube.test",), says="silence"),))

    async def ask(loopback: Any) -> dns.message.Message:
        with pytest.raises(dns.exception.Timeout):
            await _udp(loopback, "www.tube.test", timeout=0.2)
        return await _udp(loopback, "www.pedia.test")

    assert in_world(world, ask).answer


def test_an_unknown_name_does_not_exist(in_world: Any) -> None:
    assert in_world(WorldChanges(), lambda lo: _udp(lo, "no.such.name")).rcode() == dns.rcode.NXDOMAIN


def test_ipv6_only_lines_get_addresses_made_from_ipv4_ones(in_world: Any) -> None:
    answered = in_world(WorldChanges(nat64=True), lambda lo: _udp(lo, "www.tube.test", "AAAA"))
    assert len(answered.answer) == 1


def test_dns_over_tcp_answers(in_world: Any) -> None:
    async def ask(loopback: Any) -> dns.message.Message:
        port = loopback.tcp(loopback.servers.plan.resolver[0], 53)
        query = dns.message.make_query("www.tube.test", "AAAA")
        return await dns.asyncquery.tcp(query, "127.0.0.1", 2.0, port)

    assert in_world(WorldChanges(), ask).answer


def test_the_trusted_resolver_answers_over_https_with_its_own_truth(in_world: Any) -> None:
    world = WorldChanges(names=(NameChange(names=("*",), says="nxdomain"),))

    async def ask(loopback: Any) -> Any:
        wire = dns.message.make_query("www.tube.test", "A").to_wire()
        options = {"method": "POST", "data": wire, "address": "9.9.9.9"}
        return await _get(loopback, "dns.nine.test", "/dns-query", **options)

    status, body, _ = in_world(world, ask)
    assert status == 200
    assert dns.message.from_wire(body).answer


# --- HTTP/3 and Telegram ---


class _Http3Client(QuicConnectionProtocol):
    """One request: its status and the size of the answer's body."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._http = H3Connection(self._quic)
        self._status, self._size = "", 0
        self.answer: asyncio.Future[tuple[str, int]] = asyncio.get_running_loop().create_future()

    def get(self, host: str, path: str) -> None:
        fields = {":method": "GET", ":scheme": "https", ":authority": host, ":path": path}
        stream = self._quic.get_next_available_stream_id()
        pairs = [(name.encode(), value.encode()) for name, value in fields.items()]
        self._http.send_headers(stream, pairs, end_stream=True)
        self.transmit()

    def quic_event_received(self, event: QuicEvent) -> None:
        for part in self._http.handle_event(event):
            if isinstance(part, HeadersReceived):
                self._status = dict(part.headers)[b":status"].decode()
            elif isinstance(part, DataReceived):
                self._size += len(part.data)
                if part.stream_ended:
                    self.answer.set_result((self._status, self._size))


def test_a_site_answers_over_http3(in_world: Any) -> None:
    async def ask(loopback: Any) -> tuple[str, int]:
        configuration = QuicConfiguration(alpn_protocols=H3_ALPN, server_name="m.tube.test")
        configuration.load_verify_locations(str(loopback.servers.wardrobe.ca_file))
        port = loopback.udp(loopback.first("m.tube.test"), 443)
        async with connect(
            "127.0.0.1", port, configuration=configuration, create_protocol=_Http3Client
        ) as client:
            assert isinstance(client, _Http3Client)
            client.get("m.tube.test", "/bytes/100000")
            return await asyncio.wait_for(client.answer, 5)

    assert in_world(WorldChanges(), ask) == ("200", 100_000)


@pytest.mark.parametrize("transport", ["abridged", "intermediate"])
def test_a_telegram_data_centre_answers_req_pq(in_world: Any, transport: str) -> None:
    nonce = bytes(range(16))
    payload = struct.pack("<qqiI", 0, 4 << 32, 20, REQ_PQ_MULTI) + nonce
    frames = {
        "abridged": b"\xef" + bytes([len(payload) // 4]) + payload,
        "intermediate": b"\xee" * 4 + struct.pack("<i", len(payload)) + payload,
    }

    async def ask(loopback: Any) -> bytes:
        port = loopback.tcp("149.154.167.51", 443)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(frames[transport])
        answer = await reader.readexactly(1 if transport == "abridged" else 4)
        answer = await reader.readexactly(64)
        writer.close()
        return answer

    answer = in_world(WorldChanges(), ask)
    assert struct.unpack_from("<I", answer, 20)[0] == RES_PQ
    assert answer[24:40] == nonce


def test_dead_names_have_no_address_and_no_socket(in_world: Any, targets: Targets) -> None:
    async def ask(loopback: Any) -> bool:
        return (loopback.first("www.pedia.test"), 443, socket.SOCK_STREAM) in loopback.ports

    assert in_world(WorldChanges(dead=("www.pedia.test",)), ask) is False
