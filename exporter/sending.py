"""Finished bodies to whoever asked."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

# Ten megabytes written at once would hold up the loop.
_CHUNK: Final = 64 * 1024  # bytes


def takes_gzip(request: web.Request) -> bool:
    """Whether the asker takes a compressed body."""
    return "gzip" in request.headers.get("Accept-Encoding", "").lower()


async def send(
    request: web.Request, body: bytes, zipped: bool, headers: Mapping[str, str]
) -> web.StreamResponse:
    """Answer with this body."""
    response = web.StreamResponse(headers=headers)
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.content_length = len(body)
    await response.prepare(request)
    for start in range(0, len(body), _CHUNK):
        await response.write(body[start : start + _CHUNK])
    return response
