"""One packet with a TTL of our choice, and what comes back: ordinary sockets and the kernel's error queue. Linux only.

On an established TCP connection the kernel tells that a packet expired but not where (measured): the hop's address
is the SYN's at the same TTL. TCP retransmits with the socket's current TTL, so nothing leaks further while we wait.
"""

import contextlib
import errno
import select
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from probes.connect import family_of
from probes.trace.evidence import Heard, Word

# linux/in.h and linux/in6.h; Python's socket module names IP_RECVERR only from 3.14 on
_IP_RECVERR: Final = 11
_IPV6_RECVERR: Final = 25
_MSG_ERRQUEUE: Final = 0x2000
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
USUAL_TTL: Final = 64
# linux/errqueue.h: who reported it, and the ICMP type that says "TTL ended" (RFC 792, RFC 4443)
_EXPIRED: Final = {2: 11, 3: 3}
_CONNECT_SECONDS: Final = 4.0  # two lost SYNs (1 s and 2 s, RFC 6298) are waited for


@dataclass(frozen=True)
class _Level:
    """The options of an address family."""

    level: int
    ttl: int
    errors: int


_LEVELS: Final = {
    socket.AF_INET: _Level(socket.IPPROTO_IP, socket.IP_TTL, _IP_RECVERR),
    socket.AF_INET6: _Level(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, _IPV6_RECVERR),
}


@dataclass(frozen=True)
class Waits:
    """Seconds: how long silence lasts, and how long a forged answer may come after the hop's own word."""

    silence: float = 1.0
    grace: float = 0.1


def available() -> bool:
    """Whether this system tells an ordinary program where a packet ended."""
    if sys.platform != "linux":
        return False
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
    except OSError:
        return False
    return True


def syn(address: str, port: int, ttl: int, waits: Waits) -> list[Heard]:
    """A connection attempt whose first packet gets as far as `ttl`."""
    with _socket(address, socket.SOCK_STREAM) as sock:
        limit(sock, ttl)
        with contextlib.suppress(BlockingIOError):
            sock.connect((address, port))
        return _listen(sock, waits, _connected, select.POLLOUT)


def datagram(
    address: str, port: int, data: bytes, ttl: int, waits: Waits, fits: Callable[[bytes], bool]
) -> list[Heard]:
    """A UDP question; only answers that `fits` count."""

    def read(sock: socket.socket) -> Word | None:
        return "answer" if fits(sock.recv(65535)) else None

    with _socket(address, socket.SOCK_DGRAM) as sock:
        sock.connect((address, port))
        limit(sock, ttl)
        sock.send(data)
        return _listen(sock, waits, read, select.POLLIN)


def hello(address: str, port: int, data: bytes, ttl: int, waits: Waits) -> list[Heard]:
    """`data` as the first of a connection that was made with a usual TTL."""
    with connected(address, port) as sock:
        if sock is None:
            return [Heard("unconnected")]
        limit(sock, ttl)
        sock.send(data)
        return _listen(sock, waits, _received, select.POLLIN)


def round_trip(address: str, port: int) -> float | None:
    """Seconds that a connection takes to be made; None if it is not."""
    with _socket(address, socket.SOCK_STREAM) as sock:
        start = time.monotonic()
        return time.monotonic() - start if _connect(sock, address, port) else None


@contextlib.contextmanager
def connected(address: str, port: int, *, told: bool = True) -> Iterator[socket.socket | None]:
    """A connection that ends with a reset, so that nothing is waited for; None if there is none.

    `told`: an ICMP message is an error of the connection; else it goes on as if there had been none.
    """
    with _socket(address, socket.SOCK_STREAM, told=told) as sock:
        if not _connect(sock, address, port):
            yield None
            return
        try:
            yield sock
        finally:
            limit(sock, USUAL_TTL)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


def _socket(address: str, kind: socket.SocketKind, *, told: bool = True) -> socket.socket:
    sock = socket.socket(family_of(address), kind)
    sock.setblocking(False)
    options = _LEVELS[sock.family]
    sock.setsockopt(options.level, options.errors, int(told))
    if kind == socket.SOCK_STREAM:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def limit(sock: socket.socket, ttl: int) -> None:
    """Let what is sent from now on, and sent again, go so many hops."""
    options = _LEVELS[sock.family]
    sock.setsockopt(options.level, options.ttl, ttl)


def _connect(sock: socket.socket, address: str, port: int) -> bool:
    with contextlib.suppress(BlockingIOError):
        sock.connect((address, port))
    poller = select.poll()
    poller.register(sock, select.POLLOUT)
    return bool(poller.poll(_CONNECT_SECONDS * 1000)) and not sock.getsockopt(
        socket.SOL_SOCKET, socket.SO_ERROR
    )


# --- listening --------------------------------------------------------------------------------------------------------


def _listen(
    sock: socket.socket, waits: Waits, read: Callable[[socket.socket], Word | None], events: int
) -> list[Heard]:
    """What comes until something was said in the far end's name, or the time is over; [] is silence."""
    poller = select.poll()
    poller.register(sock, events)
    heard: list[Heard] = []
    until = time.monotonic() + waits.silence
    while (left := until - time.monotonic()) > 0:
        if not poller.poll(left * 1000):
            break
        told = _errors(sock)
        # A connection attempt that was told of an error is over, and reading the error made the socket look well.
        word = None if told and events == select.POLLOUT else _word(sock, read)
        if word is not None and not (told and word in ("expired", "refused")):
            told.append(Heard(word))
        heard += [each for each in told if each not in heard]
        if any(each.word != "expired" for each in told) or (told and events == select.POLLOUT):
            break
        if told:
            until = min(until, time.monotonic() + waits.grace)
    return heard


def _word(sock: socket.socket, read: Callable[[socket.socket], Word | None]) -> Word | None:
    try:
        return read(sock)
    except BlockingIOError:
        return None
    except ConnectionError as error:
        return "reset" if error.errno in (errno.ECONNRESET, errno.ECONNREFUSED, errno.EPIPE) else "refused"
    except OSError as error:
        return "expired" if error.errno == errno.EHOSTUNREACH else "refused"


def _connected(sock: socket.socket) -> Word | None:
    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, "connect")
    return "answer"


def _received(sock: socket.socket) -> Word | None:
    return "answer" if sock.recv(4096) else "closed"


def _errors(sock: socket.socket) -> list[Heard]:
    """What the error queue holds."""
    heard: list[Heard] = []
    while True:
        try:
            _, control, _, _ = sock.recvmsg(512, 512, _MSG_ERRQUEUE)
        except OSError:
            return heard
        for _, _, data in control:
            if (one := parse_error(data)) is not None:
                heard.append(one)


def parse_error(data: bytes) -> Heard | None:
    """A `sock_extended_err` and the address behind it (linux/errqueue.h); None for what no router said."""
    if len(data) < 16:
        return None
    origin, kind = data[4], data[5]
    if origin not in _EXPIRED:
        return None
    return Heard("expired" if kind == _EXPIRED[origin] else "refused", _offender(data[16:]))


def _offender(data: bytes) -> str | None:
    family = struct.unpack_from("=H", data)[0] if len(data) >= 8 else 0
    if family == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, data[4:8])
    if family == socket.AF_INET6 and len(data) >= 24:
        return socket.inet_ntop(socket.AF_INET6, data[8:24])
    return None
