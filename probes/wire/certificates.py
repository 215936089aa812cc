"""What a chain of certificates says, also when it is broken, forged or odd: it is evidence either way."""

import hashlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from measurements.scrub import MARK, nameless

if TYPE_CHECKING:  # cryptography takes tens of milliseconds to import; only a probe that saw a chain pays
    from cryptography.x509 import Certificate, ObjectIdentifier

_MOST_NAMES: Final = 20  # a CDN's leaf may carry hundreds
_LONGEST_NAME: Final = 400  # characters of a subject or issuer; a hostile one may carry kilobytes


@dataclass(frozen=True)
class ChainFacts:
    """The parts of a chain that verdicts and state-root tables look at; fields as in `TlsFacts`."""

    sha256: tuple[str, ...] = ()
    der: tuple[bytes, ...] = ()
    subject: str | None = None
    issuer: str | None = None
    issuer_key_ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def describe(chain: tuple[bytes, ...], scrub: Callable[[str], str] | None = None) -> ChainFacts:
    """Facts of DER certificates, leaf first; what cannot be read is left out.

    `scrub` is for chains that nobody vouches for, such as a router's own or one made for a subscriber: of a certificate
    that names the vantage only the rest of its texts is kept, since its hash would find it again.
    """
    parsed = [_load(der) for der in chain]
    leaf = parsed[0] if parsed else None
    key_ids = [_authority_key_id(certificate) for certificate in parsed if certificate is not None]

    def clean(text: str | None) -> str | None:
        return text if text is None or scrub is None else nameless(scrub(text))

    telling = [any(clean(text) != text for text in _texts(each)) for each in parsed]
    return ChainFacts(
        sha256=tuple(
            MARK if tells else hashlib.sha256(der).hexdigest()
            for der, tells in zip(chain, telling, strict=True)
        ),
        der=tuple(der for der, tells in zip(chain, telling, strict=True) if not tells),
        subject=clean(_text(leaf, "subject")),
        issuer=clean(_text(leaf, "issuer")),
        issuer_key_ids=tuple(dict.fromkeys(filter(None, key_ids))),
        names=tuple(clean(name) or "" for name in _dns_names(leaf)),
    )


def _load(der: bytes) -> "Certificate | None":
    from cryptography import x509

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd serial numbers and the like: noted nowhere, harmful to nobody
        try:
            return x509.load_der_x509_certificate(der)
        except (ValueError, TypeError, x509.InvalidVersion):
            return None


def _text(certificate: "Certificate | None", field: str) -> str | None:
    if certificate is None:
        return None
    try:
        text: str = getattr(certificate, field).rfc4514_string()
    except (ValueError, TypeError):
        return None
    return text[:_LONGEST_NAME]


def _extension(certificate: "Certificate", oid: "ObjectIdentifier") -> Any:
    """Value of an extension; None if it is absent or cannot be read."""
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_oid(oid).value
    except (
        ValueError,
        TypeError,
        x509.ExtensionNotFound,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ):
        return None


def _authority_key_id(certificate: "Certificate") -> str | None:
    from cryptography.x509.oid import ExtensionOID

    value = _extension(certificate, ExtensionOID.AUTHORITY_KEY_IDENTIFIER)
    return value.key_identifier.hex() if value is not None and value.key_identifier else None


def _texts(certificate: "Certificate | None") -> list[str]:
    """Whatever a certificate says of its owner and signer."""
    if certificate is None:
        return []
    from cryptography.x509.oid import ExtensionOID

    names = _extension(certificate, ExtensionOID.SUBJECT_ALTERNATIVE_NAME) or ()
    texts = [
        _text(certificate, "subject"),
        _text(certificate, "issuer"),
        *(str(each.value) for each in names),
    ]
    return [text for text in texts if text]


def _dns_names(certificate: "Certificate | None") -> tuple[str, ...]:
    from cryptography import x509
    from cryptography.x509.oid import ExtensionOID

    if certificate is None:
        return ()
    value = _extension(certificate, ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    return () if value is None else tuple(value.get_values_for_type(x509.DNSName)[:_MOST_NAMES])
