"""A UDP socket of our own that tells each datagram's IP time-to-live where the system can."""

import asyncio
import socket
import struct
import sys
from typing import Final

_DATAGRAM: Final = 65535  # bytes: none is longer
_CONTROL_SPACE: Final = 64  # one small integer
_IP_RECVTTL: Final = 12  # linux/in.h; Python's socket module names it only from 3.14 on
_IPV6_RECVHOPLIMIT: Final = 51
_TTL_MESSAGES: Final = frozenset({(socket.IPPROTO_IP, 2), (socket.IPPROTO_IPV6, 52)})  # IP_TTL, IPV6_HOPLIMIT


class UdpSocket:
    """Connected to one numeric address and port, from a random port of the kernel's choice; raises OSError.

    Being connected, it takes nothing from others (a forged answer carries the resolver's address and gets in), and an
    ICMP "port unreachable" comes up as a refusal.
    """

    def __init__(self, address: str, port: int) -> None:
        family, _, _, _, peer = socket.getaddrinfo(
            address, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
        )[0]
        self._sock = socket.socket(family, socket.SOCK_DGRAM)
        self._tells_ttl = _ask_for_ttl(self._sock)
        self._loop = asyncio.get_running_loop()
        try:
            self._sock.setblocking(False)
            self._sock.connect(peer)
        except OSError:
            self._sock.close()
            raise

    async def send(self, data: bytes) -> None:
        await self._loop.sock_sendall(self._sock, data)

    async def receive(self) -> tuple[bytes, int | None]:
        """The next datagram and its IP time-to-live (None where the system does not tell)."""
        if not self._tells_ttl:
            return await self._loop.sock_recv(self._sock, _DATAGRAM), None
        while True:
            try:
                data, control, _, _ = self._sock.recvmsg(_DATAGRAM, _CONTROL_SPACE)
            except BlockingIOError:
                await self._readable()
            else:
                return data, _ttl(control)

    async def _readable(self) -> None:
        ready = self._loop.create_future()
        self._loop.add_reader(self._sock, lambda: None if ready.done() else ready.set_result(None))
        try:
            await ready
        finally:
            self._loop.remove_reader(self._sock)

    def close(self) -> None:
        self._sock.close()


def _ask_for_ttl(sock: socket.socket) -> bool:
    if sys.platform != "linux":
        return False
    try:
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVHOPLIMIT, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IP, _IP_RECVTTL, 1)
    except OSError:
        return False
    return True


def _ttl(control: list[tuple[int, int, bytes]]) -> int | None:
    for level, kind, data in control:
        if (level, kind) in _TTL_MESSAGES and len(data) >= 4:
            value: int = struct.unpack("=i", data[:4])[0]
            return value
    return None
