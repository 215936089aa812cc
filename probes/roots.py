"""The roots that every verified connection is judged by: the bundled public list, or `--ca-file`; never the system's.

A volunteer may have been made to install a state root into the system's store; there an interception looks valid.
"""

import ssl
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from OpenSSL.crypto import X509Store

# The sets of ALPN names that probes keep to; a context for each costs 22 ms (measured), so they are few.
BROWSER_ALPN: Final = ("h2", "http/1.1")  # what browsers offer
HTTP1_ALPN: Final = ("http/1.1",)


class RootsError(Exception):
    """The file of roots is missing or holds no certificate; the text says what to do."""


class Roots:
    """Client contexts that share one list of roots, one context a set of ALPN names (OpenSSL ties them together)."""

    def __init__(self, path: Path) -> None:
        """Read `path` (PEM); raises RootsError."""
        self.path = path
        try:
            self._pem = path.read_text("ascii", errors="ignore")  # comments may be in any language
        except OSError as error:
            raise RootsError(
                f"cannot read the roots in {path}: {error.strerror}; give a PEM file with --ca-file"
            ) from error
        self._contexts: dict[tuple[str, ...], ssl.SSLContext] = {}
        self._unverified: dict[tuple[str, ...], ssl.SSLContext] = {}
        self._store: X509Store | None = None
        self.verifying(HTTP1_ALPN)  # a broken file is told now, not in the middle of a round

    def verifying(self, alpn: tuple[str, ...]) -> ssl.SSLContext:
        """Context that demands a chain to these roots and a certificate for the name sent."""
        if alpn not in self._contexts:
            context = _client_context(alpn)
            self._load_into(context)
            self._contexts[alpn] = context
        return self._contexts[alpn]

    def pinned(self, alpn: tuple[str, ...]) -> ssl.SSLContext:
        """Context that sends the same ClientHello and accepts any chain; for servers judged by a pin alone."""
        if alpn not in self._unverified:
            context = _client_context(alpn)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self._unverified[alpn] = context
        return self._unverified[alpn]

    def store(self) -> "X509Store":
        """The same roots for chains that are judged outside a handshake of ours (QUIC)."""
        if self._store is None:
            from OpenSSL import crypto

            self._store = crypto.X509Store()
            self._store.load_locations(str(self.path))
        return self._store

    def _load_into(self, context: ssl.SSLContext) -> None:
        try:
            context.load_verify_locations(cadata=self._pem)
        except (ssl.SSLError, ValueError) as error:
            raise RootsError(
                f"{self.path} holds no readable PEM certificates; give a PEM file of roots"
            ) from error


def _client_context(alpn: tuple[str, ...]) -> ssl.SSLContext:
    # Not create_default_context: since Python 3.13 it demands key identifiers that real servers leave out.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


@cache
def bundled() -> Path:
    """Path of the public root list that comes with us (Mozilla's, through certifi)."""
    import certifi

    return Path(certifi.where())
