"""HTTP/1.1 (RFC 9112) as a client needs it: build a request, take an answer apart as its bytes come in.

A block page is often bad HTTP (bare line feeds, no length), so the reader forgives what browsers forgive; what it
cannot make sense of is `broken`, never an exception.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

_HEAD_LIMIT: Final = 65536  # bytes; browsers give up at 256 KiB, servers send a few
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_STATUS: Final = re.compile(rb"HTTP/(\d\.\d) +(\d{3})(?: +.*)?")
_CHUNK_LINE_LIMIT: Final = 1024  # bytes of a chunk's size line with its extensions
_CHUNK_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")


@dataclass(frozen=True)
class Head:
    """Status line and header fields; names in lower case, in the order sent."""

    version: str
    status: int
    headers: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """First value of a header field, by its lower-case name."""
        return next((value for key, value in self.headers if key == name), None)


def build_request(
    method: str, target: str, host: str, headers: tuple[tuple[str, str], ...] = (), body: bytes = b""
) -> bytes:
    """A request's bytes; Content-Length is added where there is a body."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in headers)]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", errors="replace") + body


def parse_head(data: bytes) -> Head | None:
    """Head of an answer (everything before its empty line); None if this is no HTTP."""
    lines = re.split(rb"\r?\n", data)
    status = _STATUS.fullmatch(lines[0])
    if status is None:
        return None
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            headers.append((name.strip().decode("latin-1").lower(), value.strip().decode("latin-1")))
    return Head(status[1].decode(), int(status[2]), tuple(headers))


class ResponseReader:
    """Takes an answer's bytes as they come: `feed` gives back the body bytes among them, chunking undone.

    `head` is set once it is whole; `complete` once the answer is; `broken` says what is wrong with it.
    After `complete` or `broken` further bytes are ignored.
    """

    def __init__(self, method: str = "GET") -> None:
        self.head: Head | None = None
        self.complete = False
        self.broken: str | None = None
        self._method = method
        self._pending = b""
        self._framing: Literal["length", "chunked", "close"] = "close"
        self._left = 0  # bytes of the body, or of the chunk, still to come
        self._in_trailer = False

    def feed(self, data: bytes) -> bytes:
        """Body bytes contained in `data`, the next bytes from the server."""
        self._pending += data
        while self.head is None:
            if not self._take_head():
                return b""
        if self.complete or self.broken:
            return b""
        if self._framing == "chunked":
            return self._take_chunks()
        body, self._pending = self._pending, b""
        if self._framing == "length":
            body = body[: self._left]
            self._left -= len(body)
            self.complete = self._left == 0
        return body

    def end(self) -> None:
        """The server has closed: an answer without a length is complete then, any other is not."""
        if self.head is not None and self._framing == "close" and not self.broken:
            self.complete = True

    def _take_head(self) -> bool:
        """Try to read a head off the pending bytes; interim answers (1xx) are skipped."""
        found = _HEAD_END.search(self._pending)
        if found is None:
            if not b"HTTP/".startswith(self._pending[:5]) or len(self._pending) > _HEAD_LIMIT:
                self.broken = "not HTTP"
            return False
        head = parse_head(self._pending[: found.start()])
        self._pending = self._pending[found.end() :] if head else self._pending
        if head is None:
            self.broken = "not HTTP"
            return False
        if 100 <= head.status < 200:
            return bool(self._pending)
        self.head = head
        self._choose_framing(head)
        return True

    def _choose_framing(self, head: Head) -> None:
        """RFC 9112, section 6.3."""
        length = head.get("content-length")
        if self._method == "HEAD" or head.status in (204, 304):
            self.complete = True
        elif (head.get("transfer-encoding") or "").lower().rpartition(",")[2].strip() == "chunked":
            self._framing = "chunked"
        elif length is not None:
            if not re.fullmatch(r"[0-9]{1,18}", length):
                self.broken = "bad Content-Length"
                return
            self._framing, self._left = "length", int(length)
            self.complete = self._left == 0

    def _take_chunks(self) -> bytes:
        body = []
        while not (self.complete or self.broken):
            if self._left:
                piece = self._pending[: self._left]
                if not piece:
                    break
                body.append(piece)
                self._pending = self._pending[len(piece) :]
                self._left -= len(piece)
            elif not self._take_chunk_line():
                break
        return b"".join(body)

    def _take_chunk_line(self) -> bool:
        """Read one line between chunks: an empty one after a chunk, a size, or a trailer field."""
        line, newline, rest = self._pending.partition(b"\n")
        if not newline:
            if len(line) > _CHUNK_LINE_LIMIT:
                self.broken = "bad chunk"
            return False
        self._pending = rest
        line = line.strip()
        if self._in_trailer:
            self.complete = not line
        elif line:
            size = _CHUNK_SIZE.fullmatch(line)
            if size is None:
                self.broken = "bad chunk"
                return False
            self._left = int(size[1], 16)
            self._in_trailer = self._left == 0
        return True
