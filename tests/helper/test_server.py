"""The helper over real sockets: what clients rely on, and what it refuses."""

import hashlib
import json
import socket
import threading
import zlib

import pytest

from helper.inverted import FLIP
from helper.limits import Limits
from lab.loopback import any_certificate, running_helper


@pytest.mark.parametrize("sni", ["www.youtube.com", "neutral.example", "a.b.c.d.e"])
def test_any_name_gets_the_one_pinned_certificate(helper, client, sni):
    with client(helper.port, sni) as each:
        der = each.sock.getpeercert(binary_form=True)
        assert hashlib.sha256(der).hexdigest() == helper.sha256
        assert each.sock.selected_alpn_protocol() == "http/1.1"


def test_the_root_answers_204_without_a_body(helper, client):
    with client(helper.port) as each:
        status, headers, body = each.get("/")
        assert (status, body) == (204, b"")
        assert "content-length" not in headers


def test_the_same_incompressible_bytes_come_each_time_and_short_objects_begin_long_ones(helper, client):
    with client(helper.port) as each:
        _, headers, long = each.get("/bytes/300000")
        _, _, again = each.get("/bytes/300000")
        _, _, short = each.get("/bytes/1000")
    assert long == again
    assert long[:1000] == short
    assert headers["content-length"] == "300000"
    assert len(zlib.compress(long)) > 299_000


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/bytes/0", 200, id="an empty object"),
        pytest.param("/bytes/4194304", 200, id="four megabytes, which the contract asks for"),
        pytest.param("/bytes/8388609", 403, id="more than allowed"),
        pytest.param("/bytes/99999999999999999999999999", 404, id="a number too long to be read"),
        pytest.param("/bytes/-1", 404, id="a negative number"),
        pytest.param("/bytes/%31", 404, id="a disguised number"),
        pytest.param("/bytes/", 404, id="no number"),
        pytest.param("/elsewhere", 404, id="an unknown path"),
        pytest.param("/flow/0123456789abcdef", 404, id="a flow that was never named"),
        pytest.param("/control/resolve?name=example.org", 403, id="a name outside the targets"),
        pytest.param("/control/fetch?url=http://169.254.169.254/", 403, id="an address of the cloud's own"),
        pytest.param("/control/fetch?url=http://localhost:22/", 403, id="an unusual port"),
        pytest.param("/control/fetch?url=http://user@evil/localhost", 403, id="a disguised host"),
        pytest.param("/control/fetch?url=file:///localhost", 403, id="another scheme"),
        pytest.param("/control/fetch", 400, id="a question without a url"),
    ],
)
def test_only_what_is_allowed_is_served(helper, client, path, status):
    with client(helper.port) as each:
        assert each.get(path)[0] == status


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("nonsense", id="no request line"),
        pytest.param("GET / HTTP/2.0", id="another protocol"),
        pytest.param("GET http://elsewhere/ HTTP/1.1", id="a proxy request"),
        pytest.param("GET / HTTP/1.1\nbroken header", id="a line without a colon"),
        pytest.param("POST /upload HTTP/1.1\nTransfer-Encoding: chunked", id="a body of unknown length"),
        pytest.param("POST /upload HTTP/1.1\nContent-Length: many", id="a length that is no number"),
        pytest.param("GET / HTTP/1.1\nX: " + "a" * 9000, id="an endless header"),
    ],
)
def test_what_is_no_request_of_ours_gets_400_and_the_end(helper, client, head):
    with client(helper.port) as each:
        status, headers, _ = each.ask(head)
        assert status == 400
        assert headers["connection"] == "close"


def test_a_connect_request_is_refused(helper, client):
    with client(helper.port) as each:
        assert each.ask("CONNECT elsewhere:443 HTTP/1.1")[0] == 400


def test_an_upload_is_read_counted_and_dropped(helper, client):
    with client(helper.port) as each:
        status, _, body = each.ask("POST /upload HTTP/1.1\nContent-Length: 200000", b"x" * 200_000)
        assert (status, json.loads(body)) == (200, {"received": 200_000})
        assert each.get("/")[0] == 204


@pytest.mark.parametrize(
    ("head", "status"),
    [
        pytest.param("POST /upload HTTP/1.1", 411, id="without a length"),
        pytest.param("POST /upload HTTP/1.1\nContent-Length: 8388609", 413, id="too large"),
        pytest.param("POST /bytes/5 HTTP/1.1\nContent-Length: 5", 413, id="to a path that takes none"),
        pytest.param("GET / HTTP/1.1\nContent-Length: 5", 413, id="a body on a GET"),
    ],
)
def test_uploads_are_refused_before_they_are_read(helper, client, head, status):
    with client(helper.port) as each:
        assert each.ask(head)[0] == status


def test_the_sender_s_view_of_a_named_flow_can_be_asked_for(helper, client):
    token = "00112233445566778899aabbccddeeff"
    with client(helper.port) as each:
        each.get("/bytes/500000", f"X-Request-ID: {token}")
        status, _, body = each.get(f"/flow/{token}")
    assert status == 200
    info = json.loads(body)
    assert info["bytes_sent"] >= 400_000
    assert info["bytes_retrans"] == 0
    assert 0 < info["min_rtt"] < 1


def test_a_name_of_the_targets_is_resolved(helper, client):
    with client(helper.port) as each:
        status, _, body = each.get("/control/resolve?name=localhost")
    assert status == 200
    assert "127.0.0.1" in json.loads(body)["addresses"]


def test_a_fetch_tells_the_failure_in_our_words(helper, client):
    with client(helper.port) as each:
        status, _, body = each.get("/control/fetch?url=https://localhost/")
    assert status == 200
    assert json.loads(body) == {"status": None, "length": None, "failure": "connection_refused"}


def test_the_bit_inverted_replay_gives_the_same_exchange(helper):
    ours, theirs = socket.socketpair()
    outside = socket.create_connection(("127.0.0.1", helper.port), 5)

    def flip(source: socket.socket, sink: socket.socket) -> None:
        while data := source.recv(65536):
            sink.sendall(data.translate(FLIP))

    threads = [threading.Thread(target=flip, args=pair) for pair in ((theirs, outside), (outside, theirs))]
    for thread in threads:
        thread.start()
    with any_certificate().wrap_socket(ours, server_hostname="www.youtube.com") as tls:
        tls.sendall(b"GET /bytes/100000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        with tls.makefile("rb") as file:
            assert file.readline() == b"HTTP/1.1 200 OK\r\n"
            assert len(file.read().partition(b"\r\n\r\n")[2]) == 100_000
    theirs.shutdown(socket.SHUT_RDWR)
    outside.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join()
    theirs.close()
    outside.close()


def test_a_client_gets_its_share_and_no_more(client):
    with (
        running_helper(limits=Limits(largest_object=1000, bytes_per_client=2500)) as running,
        client(running.port) as each,
    ):
        assert [each.get("/bytes/1000")[0] for _ in range(3)] == [200, 200, 429]


def test_a_client_may_not_hold_all_connections(client):
    with (
        running_helper(limits=Limits(connections_per_client=1)) as running,
        client(running.port) as first,
        socket.create_connection(("127.0.0.1", running.port), 5) as second,
    ):
        assert second.recv(1) == b""
        assert first.get("/")[0] == 204


def test_a_client_that_leaves_in_the_middle_harms_nobody(helper, client):
    with client(helper.port) as each:
        each.sock.sendall(b"GET /bytes/8388608 HTTP/1.1\r\nHost: x\r\n\r\n")
        each.sock.recv(1000)
        each.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    with client(helper.port) as each:
        assert each.get("/")[0] == 204


def test_bytes_that_are_not_tls_end_the_connection(helper):
    with socket.create_connection(("127.0.0.1", helper.port), 5) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        while sock.recv(1000):
            pass
