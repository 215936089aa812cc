"""What is kept of a page: its text decoded, and its title."""

import html
import re
import zlib
from typing import Final

BODY_LIMIT: Final = 524288  # bytes of decoded body; OONI's cap (2**19), so that lengths compare
_TITLE: Final = re.compile(r"<title\b[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_LONGEST_TITLE: Final = 200  # characters


def decode_body(body: bytes, encoding: str | None) -> bytes:
    """Undo gzip or deflate, up to BODY_LIMIT bytes; what does not decode is left as far as it went, or as it came."""
    if (encoding or "").lower() not in ("gzip", "x-gzip", "deflate"):
        return body[:BODY_LIMIT]
    for window in (47, -15):  # gzip or zlib by their heads; some servers send deflate bare
        decoder = zlib.decompressobj(window)
        try:
            return decoder.decompress(body, BODY_LIMIT)
        except zlib.error:
            continue
    return body[:BODY_LIMIT]


def title(text: str) -> str | None:
    """Text of the first <title>, white space folded; None without one."""
    found = _TITLE.search(text)
    return " ".join(html.unescape(found[1]).split())[:_LONGEST_TITLE] if found else None
