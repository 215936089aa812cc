"""A writer of small MaxMind DB files, format 2.0 (maxmind.github.io/MaxMind-DB), for IPv4 prefixes."""

import ipaddress
from pathlib import Path
from typing import Any

_MARK = b"\xab\xcd\xefMaxMind.com"


def write_mmdb(path: Path, records: dict[str, dict[str, Any]]) -> None:
    """`records`: IPv4 prefix -> record of text, whole numbers, lists and maps."""
    nodes: list[list[int | None]] = [[None, None]]
    data = b""
    leaves: dict[tuple[int, int], int] = {}
    for prefix, record in records.items():
        network = ipaddress.IPv4Network(prefix)
        bits = f"{int(network.network_address):032b}"[: network.prefixlen]
        node = 0
        for bit in bits[:-1]:
            child = nodes[node][int(bit)]
            if child is None:
                nodes.append([None, None])
                child = nodes[node][int(bit)] = len(nodes) - 1
            node = child
        leaves[node, int(bits[-1])] = len(data)
        data += _encoded(record)
    count = len(nodes)
    tree = b""
    for number, sides in enumerate(nodes):
        for side in (0, 1):
            child = sides[side]
            value = count if child is None else child
            if (number, side) in leaves:
                value = count + 16 + leaves[number, side]
            tree += value.to_bytes(4, "big")
    about = {
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": 1,
        "database_type": "Test",
        "description": {},
        "ip_version": 4,
        "languages": [],
        "node_count": count,
        "record_size": 32,
    }
    path.write_bytes(tree + bytes(16) + data + _MARK + _encoded(about))


def _encoded(value: Any) -> bytes:
    if isinstance(value, str):
        return _control(2, len(value.encode())) + value.encode()
    if isinstance(value, int):
        digits = value.to_bytes((value.bit_length() + 7) // 8, "big")
        return _control(6, len(digits)) + digits  # uint32
    if isinstance(value, list):
        return bytes([len(value), 11 - 7]) + b"".join(map(_encoded, value))  # an extended type
    return _control(7, len(value)) + b"".join(_encoded(key) + _encoded(each) for key, each in value.items())


def _control(kind: int, size: int) -> bytes:
    """Sizes of 29 and more take a second byte."""
    return bytes([kind << 5 | size]) if size < 29 else bytes([kind << 5 | 29, size - 29])
