"""TCP connections on raw sockets: the connect time alone, errors as the kernel gives them, bytes counted.

asyncio's streams would hide a FIN behind a reset (measured), so everything above TCP stands on this.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Protocol

from probes import tcp_info

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER of no seconds
_INVERSE = bytes(range(255, -1, -1))
READ_SIZE = 65536  # bytes; one read seldom finds more in the kernel's buffer


class Stream(Protocol):
    """What http, DoH, Telegram and transfers read from and write to. Deadlines are the caller's (`asyncio.timeout`)."""

    @property
    def bytes_sent(self) -> int: ...  # on the TCP connection, TLS included
    @property
    def bytes_received(self) -> int: ...

    async def read(self, limit: int = READ_SIZE) -> bytes:
        """1 to `limit` bytes, or b"" once the peer has closed; raises OSError (a reset, for instance)."""
        ...

    async def write(self, data: bytes) -> None:
        """Send all of `data`; raises OSError."""
        ...

    def tcp_info(self) -> dict[str, float]: ...
    def close(self) -> None: ...


class Connection:
    """A connected TCP socket that counts its bytes."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.bytes_sent = 0
        self.bytes_received = 0
        self.inverted = False  # every bit turned over on the wire, both ways: nobody reads a name in it
        self.tap: Callable[[bytes], None] | None = None  # sees each read as it came, below TLS
        self._loop = asyncio.get_running_loop()

    async def read(self, limit: int = READ_SIZE) -> bytes:
        data = await self._loop.sock_recv(self.sock, limit)
        self.bytes_received += len(data)
        if self.inverted:
            data = data.translate(_INVERSE)
        if self.tap is not None:
            self.tap(data)
        return data

    async def write(self, data: bytes) -> None:
        await self._loop.sock_sendall(self.sock, data.translate(_INVERSE) if self.inverted else data)
        self.bytes_sent += len(data)

    def tcp_info(self) -> dict[str, float]:
        return tcp_info.snapshot(self.sock)

    def acknowledged(self) -> int:
        """Bytes of ours that the peer's kernel has confirmed; 0 where the system does not tell."""
        return int(self.tcp_info().get("bytes_acked", 0))

    def reset_on_close(self) -> None:
        """Throw away what is still on its way when we close: it would be paid for and used for nothing."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)

    def close(self) -> None:
        self.sock.close()


def family_of(address: str) -> socket.AddressFamily:
    """Address family of a numeric address."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def has_route(address: str) -> bool:
    """True if the system has a route to this address; nothing is sent (a UDP socket's connect is local)."""
    try:
        with socket.socket(family_of(address), socket.SOCK_DGRAM) as sock:
            sock.connect((address, 443))
    except OSError:
        return False
    return True


async def connect(address: str, port: int) -> Connection:
    """Connect to a numeric address; raises OSError. The deadline is the caller's."""
    sock = socket.socket(family_of(address), socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        # asyncio sets it only on sockets with proto 6; without it small writes wait 40 ms for an ACK (measured).
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return Connection(sock)
