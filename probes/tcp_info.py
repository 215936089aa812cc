"""The kernel's TCP_INFO: clean round-trip times and loss signs, free of our own scheduling delays.

Python clocks are wrong by tens of milliseconds when many probes run on a small machine; `rtt` and `min_rtt` here stay
right. Only Linux has this layout; elsewhere the snapshot is empty.
"""

import json
import socket
import struct
import sys
from typing import Final

# Field -> (offset, format, scale to seconds or 1), of `struct tcp_info` in linux/tcp.h, which only grows at its end.
_FIELDS: Final[dict[str, tuple[int, str, float]]] = {
    "snd_mss": (16, "I", 1),  # bytes
    "rcv_mss": (20, "I", 1),  # bytes
    "retransmits": (100, "I", 1),  # segments sent again in the connection's whole life
    "rtt": (68, "I", 1e-6),  # smoothed, seconds
    "rttvar": (72, "I", 1e-6),
    "rcv_rtt": (92, "I", 1e-6),  # as the receiver of a download sees it
    "rcv_space": (96, "I", 1),  # bytes
    "bytes_acked": (120, "Q", 1),
    "bytes_received": (128, "Q", 1),
    "segs_in": (140, "I", 1),
    "min_rtt": (148, "I", 1e-6),
    "data_segs_in": (152, "I", 1),
    "delivery_rate": (160, "Q", 1),  # bytes per second, as the sender measured it last
    "bytes_sent": (200, "Q", 1),  # retransmissions included
    "bytes_retrans": (208, "Q", 1),
    "rcv_ooopack": (224, "I", 1),  # segments out of order: a policer's drops seen from the receiver
}
_NO_SAMPLE: Final = 0xFFFFFFFF  # the kernel's min_rtt before the first sample
_MOST: Final = 2**64 - 1
_SIZE: Final = 512  # more than any kernel gives; it returns what it has (280 bytes in Linux 6.18)


def parse(data: bytes) -> dict[str, float]:
    """Fields of a TCP_INFO answer, seconds and bytes; those past its end (older kernels) are absent."""
    found: dict[str, float] = {}
    for name, (offset, kind, scale) in _FIELDS.items():
        if offset + struct.calcsize(kind) > len(data):
            continue
        (value,) = struct.unpack_from("=" + kind, data, offset)
        if not (name == "min_rtt" and value == _NO_SAMPLE):
            found[name] = round(value * scale, 6)
    return found


def told(body: bytes) -> dict[str, float] | None:
    """The same fields as another host tells them in JSON, seconds and bytes; None if that is no object.

    Nothing else of it is kept, and no number that the kernel could not have given.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    return {
        name: float(value)
        for name in _FIELDS
        if isinstance(value := found.get(name), int | float) and 0 <= value <= _MOST
    }


def snapshot(sock: socket.socket) -> dict[str, float]:
    """TCP_INFO of a socket now; empty where the platform lacks it or the socket is closed."""
    if sys.platform != "linux" or not hasattr(socket, "TCP_INFO"):
        return {}
    try:
        return parse(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _SIZE))
    except OSError:
        return {}
