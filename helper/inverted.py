"""The bit-inverted replay: the same exchange with every bit on the wire turned over.

A client that sends its ClientHello with each byte XOR 0xFF gets the whole TLS connection in that form. Lengths, order
and timing are those of a plain one, yet no box can read a name or even TLS in it (Xue and others, "Throttling
Twitter", IMC 2021; Wehe's control replay). Slow here as well: not the name is slowed, but the address or everything.
"""

import asyncio
import socket
from typing import Final

FLIP: Final = bytes(255 - value for value in range(256))
# First byte of a TLS record that carries a ClientHello (RFC 8446, section 5.1), turned over.
FIRST_BYTE: Final = bytes([0x16 ^ 0xFF])
_READ: Final = 131_072  # bytes at a time


async def first_byte(sock: socket.socket) -> bytes:
    """The first byte the client sent, left in the kernel's buffer; b"" when it closed."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(sock, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(sock)
    return sock.recv(1, socket.MSG_PEEK)


async def relay(outside: socket.socket, inside: socket.socket) -> None:
    """Pass bytes both ways, each turned over, until both sides are done."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_pump(outside, inside))
        group.create_task(_pump(inside, outside))


async def _pump(source: socket.socket, sink: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    try:
        while data := await loop.sock_recv(source, _READ):
            await loop.sock_sendall(sink, data.translate(FLIP))
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for sock in (source, sink):  # a reset on one side ends both; the other pump sees the end of file
            _shut(sock)


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # was not connected any more
