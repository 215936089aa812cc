"""Judges a chain of certificates by our roots outside OpenSSL's own handshake, with the same result codes.

For QUIC, where OpenSSL has no hand in it; and for forged leaves with keys so short that OpenSSL's handshake stops at
the key (X509_V_ERR_EE_KEY_TOO_SMALL) and never says that nobody vouches for them.
"""

import ipaddress
from functools import partial
from typing import TYPE_CHECKING, Final

from probes.roots import Roots

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

# X509_V_ERR_* of openssl/x509_vfy.h
EE_KEY_TOO_SMALL: Final = 66
NOBODY_VOUCHES: Final = 20  # UNABLE_TO_GET_ISSUER_CERT_LOCALLY: what a certificate with another pin gets
_UNSPECIFIED: Final = 1
_HOSTNAME_MISMATCH: Final = 62
_IP_ADDRESS_MISMATCH: Final = 64


def verify(roots: Roots, chain: tuple[bytes, ...], name: str) -> int | None:
    """X509_V_ERR_* code of what is wrong with `chain` (DER, leaf first) for `name`; None if it is good."""
    from OpenSSL import crypto

    try:
        leaf, *others = [crypto.load_certificate(crypto.FILETYPE_ASN1, der) for der in chain]
        crypto.X509StoreContext(roots.store(), leaf, others).verify_certificate()
    except crypto.X509StoreContextError as error:
        return int(error.errors[0])
    except (crypto.Error, ValueError):  # bytes that are no certificate, or none at all
        return _UNSPECIFIED
    return _name_mismatch(leaf.to_cryptography(), name)


def _name_mismatch(leaf: "Certificate", name: str) -> int | None:
    import service_identity
    from service_identity import cryptography as identity

    try:
        ipaddress.ip_address(name)
    except ValueError:
        code, check = _HOSTNAME_MISMATCH, partial(identity.verify_certificate_hostname, leaf, name)
    else:
        code, check = _IP_ADDRESS_MISMATCH, partial(identity.verify_certificate_ip_address, leaf, name)
    try:
        check()
    except (service_identity.VerificationError, service_identity.CertificateError, ValueError):
        return code
    return None
