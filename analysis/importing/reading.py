"""Reading files that may be compressed, cut off or damaged: all that can be had, then the complaint.

gzip and zstd are recognised by their first bytes, not by the file's name.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from io import BufferedReader, RawIOBase
from itertools import chain
from pathlib import Path
from typing import Any, Final, Protocol

import zstandard

# Bytes read at once: the cost per read vanishes, and what is made of them is not yet so large that the system's
# allocator gives it back, and has to clear new pages, each time.
CHUNK: Final = 1 << 16
# A line longer than this is no record: the largest real OONI measurements have some 10 MB.
LONGEST_LINE: Final = 128 << 20


class Damaged(Exception):
    """The file ends early or is not what its first bytes say; all that came before was given out."""


class _Member(Protocol):
    """One compressed member (a file may hold several in a row): zlib's and zstandard's objects alike."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


# first bytes -> (name, maker of a member)
_COMPRESSIONS: Final[tuple[tuple[bytes, str, Callable[[], _Member]], ...]] = (
    (b"\x1f\x8b", "gzip", lambda: zlib.decompressobj(wbits=31)),  # 31 = gzip header and the largest window
    (b"\x28\xb5\x2f\xfd", "zstd", lambda: zstandard.ZstdDecompressor().decompressobj()),
)


def chunks(path: Path) -> Iterator[bytes]:
    """The file's content, decompressed, in pieces. Raises Damaged after the last good piece."""
    with path.open("rb") as file:
        pieces = iter(lambda: file.read(CHUNK), b"")
        first = next(pieces, b"")
        for magic, name, make in _COMPRESSIONS:
            if first.startswith(magic):
                yield from _decompressed(first, pieces, name, make)
                return
        yield first
        yield from pieces


def is_compressed(path: Path) -> bool:
    """True if the file's first bytes are those of gzip or zstd."""
    with path.open("rb") as file:
        first = file.read(4)
    return any(first.startswith(magic) for magic, *_ in _COMPRESSIONS)


def _decompressed(
    first: bytes, pieces: Iterable[bytes], name: str, make: Callable[[], _Member]
) -> Iterator[bytes]:
    member = make()
    try:
        for piece in chain((first,), pieces):
            data = piece
            while data:
                if member.eof:
                    member = make()
                yield member.decompress(data)
                data = member.unused_data
    except (zlib.error, zstandard.ZstdError) as error:
        raise Damaged(f"damaged {name}") from error
    if not member.eof:
        raise Damaged(f"truncated {name}")


def lines(path: Path) -> Iterator[bytes]:
    """The file's lines without their ends. Raises Damaged after the last whole line of a file that is cut off."""
    with _opened(path) as file:
        while line := file.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise Damaged("no line end in 128 MiB")
            yield line.removesuffix(b"\n")


def _opened(path: Path) -> BufferedReader:
    """The decompressed content as a file, so that finding lines is left to Python: twice as fast as splitting them."""
    return BufferedReader(_Pieces(chunks(path)) if is_compressed(path) else path.open("rb", 0), CHUNK)


class _Pieces(RawIOBase):
    """Pieces as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def head(path: Path, size: int = 4096) -> bytes:
    """The first bytes of the content, decompressed; fewer if there are no more."""
    got = b""
    try:
        for chunk in chunks(path):
            got += chunk
            if len(got) >= size:
                break
    except Damaged:
        pass  # whoever reads the whole file will say so
    return got[:size]
