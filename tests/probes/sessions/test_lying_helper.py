"""A test server that has the right certificate and lies: nothing breaks, nothing is concluded, and it says why."""

import re
import secrets
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from helper.certificate import make, pin
from helper.server import tls_context
from measurements.targets import Helper
from probes.base import Context, Deadlines
from tests.probes.sessions.test_sessions import HOSTS, measure, targets

HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n"


def whole(body: bytes, announced: int | None = None) -> bytes:
    return HEAD.format(len(body) if announced is None else announced).encode() + body


# What it answers to `GET /bytes/N`; the session's reason (None: whatever a busy computer lets it be) and notes.
LIES: dict[str, tuple[Callable[[int], bytes], str | None, tuple[str, ...]]] = {
    "half of what it announces": (
        lambda size: whole(bytes(size // 2), size),
        "no_arm",
        ("helper_unavailable",),
    ),
    "no HTTP": (lambda size: b"\x00\x01\x02" * 100, "no_arm", ("helper_unavailable",)),
    "nothing": (lambda size: b"", "no_arm", ("helper_unavailable",)),
    "a length beyond all numbers": (
        lambda size: b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nx",
        "no_arm",
        ("helper_unavailable",),
    ),
    "other bytes each time": (lambda size: whole(secrets.token_bytes(size)), "unavailable", ()),
    "fewer bytes than asked for": (lambda size: whole(bytes(size // 3)), None, ()),
}


@pytest.fixture
def patient(context: Context) -> Context:
    return replace(context, deadlines=Deadlines(resolve=0.5, connect=1, tls=3, http=1))


@contextmanager
def lying(folder: Path, answer: Callable[[int], bytes]) -> Iterator[Helper]:
    cert, key = folder / "cert.pem", folder / "key.pem"
    make(cert, key)
    context = tls_context(cert, key)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), context.wrap_socket(self.request, server_side=True) as stream:
                asked = re.match(rb"GET /bytes/(\d+)", stream.recv(65_536))
                stream.sendall(answer(int(asked[1])) if asked else whole(b"[" * 50_000))

    with socketserver.ThreadingTCPServer(("", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield Helper(addresses=HOSTS, port=server.server_address[1], sha256=pin(cert))
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_ends_in_a_reason(patient, tmp_path, lie):
    answer, reason, notes = LIES[lie]
    with lying(tmp_path, answer) as helper:
        result, rows = await measure(targets(helper), patient)
    assert result.decision.verdict == "inconclusive"
    assert reason in (None, result.decision.family.reason)
    assert tuple(note for note in result.notes if note == "helper_unavailable") == notes
    assert rows
