"""The little of HTTP/1.1 (RFC 9112) that the helper needs: a request's head, and an answer's."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlsplit

HEAD_LIMIT: Final = 8_192  # a request head of ours has about 300 bytes; browsers stay under 8 kB

_REASONS: Final = {
    200: "OK",
    204: "No Content",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    411: "Length Required",
    413: "Content Too Large",
    429: "Too Many Requests",
    502: "Bad Gateway",
}


class BadRequest(ValueError):
    """The bytes are no request that we understand."""


@dataclass(frozen=True)
class Request:
    """A parsed head. Header names are lower-case; of repeated headers the last one stands."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def keep_alive(self) -> bool:
        return self.headers.get("connection", "").lower() != "close"

    @property
    def content_length(self) -> int | None:
        """Bytes of the body that follows; None where the request does not say."""
        value = self.headers.get("content-length")
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) < 16):
            raise BadRequest("Content-Length is not a number")
        return int(value)


def parse_request(head: bytes) -> Request:
    """A request from its head, up to and including the empty line. Raises BadRequest."""
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1.") or not parts[1].startswith("/"):
        raise BadRequest("not an HTTP/1.1 request line")
    headers = {}
    for line in lines[1:]:
        if not line:
            break
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadRequest("not a header line")
        headers[name.lower()] = value.strip()
    if "transfer-encoding" in headers:
        raise BadRequest("bodies need a Content-Length here")
    return request(parts[0], parts[1], headers)


def request(method: str, target: str, headers: dict[str, str]) -> Request:
    """A request for `target`, a path with an optional query. Raises BadRequest."""
    try:
        url = urlsplit("//-" + target)
    except ValueError as error:
        raise BadRequest("not a path") from error
    return Request(method, url.path, dict(parse_qsl(url.query)), headers)


def answer_head(status: int, length: int, content_type: str, keep_alive: bool) -> bytes:
    """Status line and headers. A 204 has no length (RFC 9110, section 8.6)."""
    lines = [f"HTTP/1.1 {status} {_REASONS[status]}"]
    if status != 204:
        lines += [f"Content-Length: {length}", f"Content-Type: {content_type}"]
    # no-transform: a proxy on the way must not "optimise" what is being measured (RFC 9111, 5.2.2.6).
    lines += ["Cache-Control: no-store, no-transform"]
    lines += [] if keep_alive else ["Connection: close"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
