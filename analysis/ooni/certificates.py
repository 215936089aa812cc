"""What a certificate in an OONI measurement says about who stands behind a failed handshake."""

import base64
import binascii
from hashlib import sha256
from typing import Any

import msgspec
from cryptography import x509

from measurements.interceptors import recognise
from measurements.records import TlsFacts


class _Certificate(msgspec.Struct):
    data: str = ""


def look(peer_certificates: msgspec.Raw) -> tuple[tuple[str, ...], str | None]:
    """DNS names of the first certificate, and the known interceptor behind the chain; empty and None if unreadable."""
    try:
        chain = msgspec.json.decode(peer_certificates, type=list[_Certificate] | None)
        ders = [base64.b64decode(each.data) for each in chain or []]
        parsed = [x509.load_der_x509_certificate(der) for der in ders]
        if not parsed:
            return (), None
        known = recognise(_facts(parsed, ders))
        return _names(parsed[0]), (f"{known.title} [{known.id}]" if known else None)
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        return (), None


def _facts(chain: list[Any], ders: list[bytes]) -> TlsFacts:
    return TlsFacts(
        chain_sha256=tuple(sha256(der).hexdigest() for der in ders),
        subject=chain[0].subject.rfc4514_string(),
        issuer=chain[0].issuer.rfc4514_string(),
        issuer_key_ids=tuple(filter(None, map(_issuer_key, chain))),
    )


def _names(certificate: Any) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return tuple(names.get_values_for_type(x509.DNSName))
    except x509.ExtensionNotFound:
        return tuple(a.value for a in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME))


def _issuer_key(certificate: Any) -> str | None:
    try:
        key = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return None
    return key.hex() if key else None
