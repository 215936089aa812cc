"""Measures a running lab from both of its sides, for tests and benchmarks: rates, throughput, delay.

Packets are counted as the link counts them, IP header included.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from lab.addresses import SERVER_IPV4
from lab.session import LabSession

_UDP_HEADERS = 28  # of IPv4 and UDP
# Bytes of a packet with its headers: below any path's MTU, and with room for the headers.
_LARGEST = 1400
_SMALLEST = 50

# How finely the offered packets sample the rate: so many for each that can pass. Slow rates need it finer, since only
# few pass in a bearable time; fast ones cannot have it, since it is this process that offers.
_SLOW, _FINE, _COARSE = 1e6, 10, 1.25


@contextmanager
def _udp_pair(lab: LabSession) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client's and a server's socket that know each other."""
    with (
        lab.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
        lab.socket(socket.AF_INET, socket.SOCK_DGRAM, server_side=True) as server,
    ):
        for end in (client, server):
            end.settimeout(5.0)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        server.bind((SERVER_IPV4, 0))
        client.connect(server.getsockname())
        client.send(b"hello")
        server.connect(server.recvfrom(100)[1])
        yield client, server


def overload(lab: LabSession, rate: float, *, burst: int = 0) -> float:
    """Bits a second that reach the client when the server offers more than `rate`, once `burst` bytes are used up."""
    size = int(min(max(rate / 8 / 100, _SMALLEST), _LARGEST))  # about 100 packets a second
    factor = _FINE if rate <= _SLOW else _COARSE
    seconds = max(0.5, 10 * size * 8 / rate)
    with _udp_pair(lab) as (client, server):
        for filler in _fillers(burst, size):
            server.send(b"B" * (filler - _UDP_HEADERS))
        sender = threading.Thread(target=_offer, args=(server, size, rate * factor, seconds))
        sender.start()
        times = _arrivals(client, sender)
    return (len(times) - 1) * size * 8 / (times[-1] - times[0])


def _fillers(burst: int, size: int) -> list[int]:
    """Packet sizes that use up a bucket: large ones, then small ones for what these leave."""
    return [_LARGEST] * (burst // _LARGEST) + [size] * (_LARGEST // size) if burst else []


def _arrivals(client: socket.socket, sender: threading.Thread) -> list[float]:
    """When each test packet came, as long as more are offered."""
    times: list[float] = []
    client.settimeout(0.1)
    while sender.is_alive():
        with contextlib.suppress(TimeoutError):
            if client.recv(_LARGEST)[:1] == b"T":
                times.append(time.monotonic())
    return times


def _offer(server: socket.socket, size: int, rate: float, seconds: float) -> None:
    """Send packets of `size` at `rate`, spaced evenly."""
    begun = time.monotonic()
    for number in range(int(seconds * rate / 8 / size)):
        wait = begun + number * size * 8 / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        server.send(b"T" * (size - _UDP_HEADERS))


def goodput(lab: LabSession, size: int) -> float:
    """Bits a second of TCP payload in a download of `size` bytes, from the first byte to the last."""
    with lab.socket(socket.AF_INET, server_side=True) as listener, lab.socket(socket.AF_INET) as client:
        listener.bind((SERVER_IPV4, 0))
        listener.listen()
        client.settimeout(60.0)
        client.connect(listener.getsockname())
        server, _ = listener.accept()
        sender = threading.Thread(target=_send_and_close, args=(server, size))
        sender.start()
        received = first = len(client.recv(1 << 18))
        begun = time.monotonic()
        while chunk := client.recv(1 << 18):
            received += len(chunk)
        seconds = time.monotonic() - begun
        sender.join()
    return (received - first) * 8 / seconds


def _send_and_close(server: socket.socket, size: int) -> None:
    with server:
        server.sendall(bytes(size))


def round_trips(lab: LabSession, count: int) -> list[float]:
    """Seconds from a small datagram's departure to the return of its echo, sorted."""
    found = []
    with _udp_pair(lab) as (client, server):
        for _ in range(count):
            begun = time.monotonic()
            client.send(b"ping")
            server.send(server.recv(100))
            client.recv(100)
            found.append(time.monotonic() - begun)
    return sorted(found)
