"""The roots that every verified connection is judged by: the bundled public list, or `--ca-file`; never the system's.

A volunteer may have been made to install a state root into the system's store; there an interception looks valid.
"""

import ssl
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from measurements.errors import ConfigurationError

if TYPE_CHECKING:
    from OpenSSL.crypto import X509Store

BROWSER_ALPN: Final = ("h2", "http/1.1")  # what browsers offer
HTTP1_ALPN: Final = ("http/1.1",)


class RootsError(ConfigurationError):
    """The file of roots is missing or holds no certificate; the text says what to do."""


class Roots:
    """One list of roots, loaded once: it costs 22 ms (measured), too much to pay in the middle of a round."""

    def __init__(self, path: Path) -> None:
        """Read `path` (PEM); raises RootsError."""
        self.path = path
        self._verifying = _client_context()
        self._pinned = _client_context()
        self._pinned.check_hostname = False
        self._pinned.verify_mode = ssl.CERT_NONE
        self._store: X509Store | None = None
        try:
            pem = path.read_text("ascii", errors="ignore")  # comments may be in any language
            self._verifying.load_verify_locations(cadata=pem)
        except (ssl.SSLError, ValueError) as error:  # SSLError is an OSError too: the order matters
            raise RootsError(
                f"{path} holds no readable PEM certificates; give a PEM file of roots"
            ) from error
        except OSError as error:
            raise RootsError(
                f"cannot read the roots in {path}: {error.strerror}; give a PEM file with --ca-file"
            ) from error

    @property
    def count(self) -> int:
        """Number of roots in the list."""
        return self._verifying.cert_store_stats()["x509_ca"]

    def wrap(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        name: str,
        alpn: tuple[str, ...],
        *,
        pinned: bool = False,
    ) -> ssl.SSLObject:
        """A client's side that demands a chain to these roots and a certificate for `name`.

        `pinned` sends the same ClientHello and accepts any chain, for servers that are judged by a pin alone.
        """
        context = self._pinned if pinned else self._verifying
        # OpenSSL copies the list into each connection as it is made (SSL_new), so that one context serves all.
        context.set_alpn_protocols(list(alpn))
        return context.wrap_bio(incoming, outgoing, server_hostname=name)

    def store(self) -> "X509Store":
        """The same roots for chains that are judged outside a handshake of ours (QUIC)."""
        if self._store is None:
            from OpenSSL import crypto

            self._store = crypto.X509Store()
            self._store.load_locations(str(self.path))
        return self._store


def _client_context() -> ssl.SSLContext:
    # Not create_default_context: since Python 3.13 it demands key identifiers that real servers leave out.
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@cache
def bundled() -> Path:
    """Path of the public root list that comes with us (Mozilla's, through certifi)."""
    import certifi

    return Path(certifi.where())
