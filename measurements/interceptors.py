"""Naming an interceptor by the certificates it sends.

That a handshake *was* intercepted follows from the chain failing against public roots; this only attributes it. The
root is often not sent, so issuer names and Authority Key Identifiers are matched besides hashes (OONI 2024).
"""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

from measurements.records import TlsFacts


class Interceptor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of `data/state_roots.yaml`."""

    id: str
    kind: Literal["state", "local"]
    title: str
    confidence: Literal["documented", "reported", "approximate"]
    names: tuple[str, ...]
    source: str
    key_ids: tuple[str, ...] = ()
    sha256: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: Literal[1]
    read: str
    interceptors: tuple[Interceptor, ...]


@cache
def known() -> tuple[Interceptor, ...]:
    """The shipped table."""
    import yaml

    text = (files("measurements") / "data" / "state_roots.yaml").read_text("utf-8")
    return msgspec.convert(yaml.safe_load(text), _File).interceptors


def recognise(tls: TlsFacts) -> Interceptor | None:
    """The known interceptor behind an unverified chain, or None."""
    text = " ".join(part for part in (tls.issuer, tls.subject) if part).casefold()
    for row in known():
        if (
            set(row.sha256) & set(tls.chain_sha256)
            or set(row.key_ids) & set(tls.issuer_key_ids)
            or any(name.casefold() in text for name in row.names)
        ):
            return row
    return None


def forged_for(host: str, names: Iterable[str]) -> bool:
    """True if a certificate's DNS names cover `host` (RFC 6125: a wildcard stands for one label)."""
    host = host.rstrip(".").casefold()
    parent = host.partition(".")[2]
    for name in names:
        name = name.rstrip(".").casefold()
        if name == host or (name.startswith("*.") and name[2:] == parent):
            return True
    return False
