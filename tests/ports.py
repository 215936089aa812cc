"""Ports for other people's servers, which must be told a number before they start."""

import random
import socket
from pathlib import Path

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_port() -> int:
    """A port of 127.0.0.1 that is free for TCP and UDP and that the system gives to nobody in passing.

    A number from bind(0) may be handed to somebody else's connection before the server takes it; those
    numbers all come from the system's own range, so ours comes from below it.
    """
    below = int(RANGE.read_text().split()[0]) if RANGE.exists() else 32768
    while True:
        port = random.randrange(10_000, below)
        try:
            with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
                stream.bind(("127.0.0.1", port))
                datagram.bind(("127.0.0.1", port))
        except OSError:
            continue
        return port
