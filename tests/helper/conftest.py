import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from lab.loopback import RunningHelper, any_certificate, running_helper


class Client:
    """A blocking HTTP/1.1 client that shows the answer as it came."""

    def __init__(self, port: int, sni: str = "www.example.com", host: str = "127.0.0.1") -> None:
        raw = socket.create_connection((host, port), 5)
        self.sock = any_certificate().wrap_socket(raw, server_hostname=sni)
        self.file = self.sock.makefile("rb")

    def ask(self, text: str, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
        self.sock.sendall(text.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        return self.answer()

    def get(self, path: str, *headers: str) -> tuple[int, dict[str, str], bytes]:
        return self.ask("\n".join([f"GET {path} HTTP/1.1", "Host: x", *headers]))

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        status = int(self.file.readline().split()[1])
        headers = {}
        while line := self.file.readline().decode().strip():
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        return status, headers, self.file.read(int(headers.get("content-length", "0")))

    def close(self) -> None:
        self.file.close()
        self.sock.close()


@pytest.fixture(scope="module")
def helper() -> Iterator[RunningHelper]:
    with running_helper(control_hosts=frozenset({"localhost", "www.example.com"})) as running:
        yield running


@pytest.fixture
def client() -> Callable[..., object]:
    @contextmanager
    def opened(port: int, sni: str = "www.example.com", host: str = "127.0.0.1") -> Iterator[Client]:
        each = Client(port, sni, host)
        try:
            yield each
        finally:
            each.close()

    return opened
