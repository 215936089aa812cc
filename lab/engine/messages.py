"""Messages between the lab's own processes: pickled, one a SOCK_SEQPACKET packet, with descriptors beside them."""

import os
import pickle
import socket
from collections.abc import Sequence
from typing import Any

# A scenario or world configuration is a few kB; the kernel takes at most its send buffer in one packet.
_LIMIT = 4 << 20
_DESCRIPTORS = 8  # more than any order brings along


def pair() -> tuple[socket.socket, socket.socket]:
    """Two connected ends, neither of which a child inherits unless told so."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _LIMIT)
    return ends


def send(channel: socket.socket, message: object, descriptors: Sequence[int] = ()) -> None:
    """Send one message; the other end gets copies of the descriptors."""
    socket.send_fds(channel, [pickle.dumps(message)], list(descriptors))


def receive(channel: socket.socket) -> tuple[Any, list[int]]:
    """The next message and its descriptors; EOFError once the other end is closed."""
    try:
        data, descriptors, _, _ = socket.recv_fds(channel, _LIMIT, _DESCRIPTORS)
    except ConnectionResetError:
        raise EOFError("the other end of the lab is gone") from None
    if not data:
        raise EOFError("the other end of the lab is gone")
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    return pickle.loads(data), descriptors
