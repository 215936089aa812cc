"""Who may ask this page anything. Pure.

Every path but the browser's first begins with a token of 256 random bits that lives as long as the program; nothing is
kept in the browser. Beside it, a request must name our own address as its host (a stranger's name that was turned to
127.0.0.1 is not ours), a browser must not say that another site sent it, and what changes anything must come from our
own origin.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

HOST: Final = "127.0.0.1"
# Nothing but our own files, no frame, no form that leads elsewhere, nothing kept on disk by the browser.
# `same-origin` and not `no-referrer`: with the latter browsers send `Origin: null` with our own forms.
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Server": "efir",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass
class Guard:
    """The secrets of one start of the program, and the port it listens on."""

    port: int
    token: str = field(default_factory=secrets.token_urlsafe)
    ticket: str | None = field(default_factory=secrets.token_urlsafe)

    @property
    def origin(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def address(self) -> str:
        """Where the page is, for a person to open or keep."""
        return f"{self.origin}/{self.token}/"

    @property
    def first_address(self) -> str:
        """Where the browser is sent: good for one use, since other users of the system can see its command line."""
        return f"{self.origin}/start/{self.ticket}"

    def admits(self, ticket: str) -> bool:
        """Whether this is the unused ticket; it is used up by that."""
        right = self.ticket is not None and _same(ticket, self.ticket)
        if right:
            self.ticket = None
        return right

    def knows(self, token: str) -> bool:
        """Whether the path's first part is the token."""
        return _same(token, self.token)

    def refusal(self, method: str, headers: Mapping[str, str]) -> str | None:
        """Why a request is refused whatever its path; None for one that may go on."""
        if headers.get("Host") != f"{HOST}:{self.port}":
            return "This page answers under its own address only."
        if headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return "Another site sent this request."
        if method not in ("GET", "HEAD") and headers.get("Origin") != self.origin:
            return "This request does not come from the page itself."
        return None


def _same(one: str, other: str) -> bool:
    """In constant time, so that answers do not tell how much of a guess was right."""
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())
