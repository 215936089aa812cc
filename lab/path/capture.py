"""Packets into a file that Wireshark, tcpdump and scapy read: libpcap's classic format, raw IP (link type 101)."""

import struct
from typing import BinaryIO, Final

_LINKTYPE_RAW: Final = 101
_LONGEST: Final = 65_535


class Capture:
    """Writes packets as they come; `file` is whole once it was closed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        file.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, _LONGEST, _LINKTYPE_RAW))

    def add(self, at: float, data: bytes) -> None:
        """One packet, seen `at` Unix seconds."""
        whole, part = divmod(round(at * 1e6), 1_000_000)
        self._file.write(struct.pack("=IIII", whole, part, len(data), len(data)) + data)

    def close(self) -> None:
        self._file.close()
