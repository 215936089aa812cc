"""From which hop on does a flow turn slow, once that hop has seen the platform's name? Linux only.

Xue et al. (IMC 2021) sent a ClientHello that ends early, then an ordinary transfer: slow if and only if the hello got
as far as the box. They wrote packets by hand. Here the kernel sends our own memory (vmsplice and splice share pages and
copy nothing): the platform's hello leaves with a short TTL, then the page is overwritten with the neutral hello, and
that is what the kernel sends again, with a usual TTL, to a server that never saw the first.
"""

import ctypes
import mmap
import os
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from probes.trace import sockets
from probes.trace.evidence import Finding
from probes.wire.http1 import ResponseReader, build_request

# Well beyond the bursts that known policers let pass (32 kB), and little to pay for.
BYTES: Final = 120_000
# A flow that a 150 kbit/s policer holds needs 5 s for that; one that needs 3 s and 3 times its control is slow.
_SECONDS: Final = 3.0
_SLOWER: Final = 3.0
# The first hello must have left before its memory changes, and the second follows by the kernel's own timer (200 ms).
_LEAVING: Final = 0.05

Wrap = Callable[[ssl.MemoryBIO, ssl.MemoryBIO, str], ssl.SSLObject]


@dataclass(frozen=True)
class Object:
    """Something to download under the neutral name."""

    address: str
    port: int
    name: str  # neutral
    host: str
    path: str


def locate(seconds: Callable[[int, float], float | None], end: int) -> Finding:
    """Bisect for the first TTL that makes a flow slow. Pure but for `seconds`.

    `seconds(ttl, limit)` is how long a flow takes, cut at `limit`, whose first hello ended at `ttl`; 0 = none was
    sent; None = it failed.
    `end` is the server's distance, which no such hello may reach.
    """
    usual = seconds(0, _SECONDS)
    if usual is None:
        return Finding("unclear", reason="control_silent")
    most = max(_SECONDS, _SLOWER * usual)
    if usual >= _SECONDS:
        return Finding("unclear", reason="control_slow")
    furthest = seconds(end - 1, most)
    if furthest is None:
        return Finding("unclear", reason="flow_failed")
    if furthest < most:
        return Finding("none")
    fast, slow = 0, end - 1
    while slow - fast > 1:
        middle = (fast + slow) // 2
        if _slow(seconds(middle, most), most):
            slow = middle
        else:
            fast = middle
    # Once more, side by side: a line that wavers by itself would not repeat it.
    before = seconds(fast, most)
    if before is None or before >= most or not _slow(seconds(slow, most), most):
        return Finding("unclear", reason="unsteady")
    return Finding("slowed", slow, slow)


def _slow(taken: float | None, most: float) -> bool:
    return taken is not None and taken >= most


def seconds(what: Object, decoy: bytes, wrap: Wrap, ttl: int, limit: float) -> float | None:
    """How long `BYTES` of `what` take, at most `limit`, after `decoy` was sent as far as `ttl`; None if it failed."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = wrap(incoming, outgoing, what.name)
    with sockets.connected(what.address, what.port, told=False) as sock:
        if sock is None:
            return None
        sock.settimeout(limit)
        try:
            _shake(sock, tls, incoming, outgoing, decoy if ttl else b"", ttl)
            tls.write(build_request("GET", what.path, what.host, ()))
            sock.sendall(outgoing.read())
            return _download(sock, tls, incoming, limit)
        except (OSError, EOFError):  # ssl's errors and timeouts are OSErrors
            return None


def _shake(
    sock: socket.socket,
    tls: ssl.SSLObject,
    incoming: ssl.MemoryBIO,
    outgoing: ssl.MemoryBIO,
    decoy: bytes,
    ttl: int,
) -> None:
    while True:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            data = outgoing.read()
            if decoy:
                data, decoy = _send_and_swap(sock, decoy, data, ttl), b""
            sock.sendall(data)
            incoming.write(_some(sock))
        else:
            return


def _send_and_swap(sock: socket.socket, decoy: bytes, real: bytes, ttl: int) -> bytes:
    """Send `decoy` as far as `ttl` in the place of the first bytes of `real`; gives the rest of `real`.

    Raises OSError where the real one is the shorter: the server would get what is left of the decoy.
    """
    if len(decoy) > len(real):
        raise OSError("the decoy is longer than what has to overwrite it")
    # never unmapped by hand: the kernel holds its pages until they are acknowledged
    memory = mmap.mmap(-1, len(decoy))
    memory[:] = decoy
    reading, writing = os.pipe()
    try:
        _vmsplice(writing, memory)
        sockets.limit(sock, ttl)
        os.splice(reading, sock.fileno(), len(decoy))
        time.sleep(_LEAVING)
    finally:
        os.close(reading)
        os.close(writing)
    memory[:] = real[: len(decoy)]
    sockets.limit(sock, sockets.USUAL_TTL)
    return real[len(decoy) :]


class _Piece(ctypes.Structure):
    """`struct iovec`."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def _vmsplice(pipe: int, memory: mmap.mmap) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    shared = ctypes.c_char.from_buffer(memory)
    piece = _Piece(ctypes.addressof(shared), len(memory))
    if libc.vmsplice(pipe, ctypes.byref(piece), 1, 0) != len(memory):
        raise OSError(ctypes.get_errno(), "vmsplice")


def _some(sock: socket.socket) -> bytes:
    data = sock.recv(65536)
    if not data:
        raise EOFError
    return data


def _download(sock: socket.socket, tls: ssl.SSLObject, incoming: ssl.MemoryBIO, limit: float) -> float | None:
    reader, received, start = ResponseReader(), 0, time.monotonic()
    while (taken := time.monotonic() - start) < limit:
        try:
            received += len(reader.feed(tls.read(65536)))
        except ssl.SSLWantReadError:
            try:
                incoming.write(_some(sock))
            except TimeoutError:
                return limit
        if reader.head is not None and reader.head.status != 200:
            return None
        if received >= BYTES or reader.complete:
            return taken if received >= BYTES else None
    return limit
