"""Judges a chain of certificates by our roots outside OpenSSL's own handshake, for QUIC, with the same result codes."""

import ipaddress
from functools import partial
from typing import TYPE_CHECKING

from probes.roots import Roots

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

HOSTNAME_MISMATCH = 62  # X509_V_ERR_HOSTNAME_MISMATCH of openssl/x509_vfy.h
IP_ADDRESS_MISMATCH = 64  # X509_V_ERR_IP_ADDRESS_MISMATCH


def verify(roots: Roots, chain: list["Certificate"], name: str) -> int | None:
    """X509_V_ERR_* code of what is wrong with `chain` (leaf first) for `name`; None if it is good."""
    from OpenSSL import crypto

    certificates = [crypto.X509.from_cryptography(certificate) for certificate in chain]
    try:
        crypto.X509StoreContext(roots.store(), certificates[0], certificates[1:]).verify_certificate()
    except crypto.X509StoreContextError as error:
        return int(error.errors[0])
    return _name_mismatch(chain[0], name)


def _name_mismatch(leaf: "Certificate", name: str) -> int | None:
    import service_identity
    from service_identity import cryptography as identity

    try:
        ipaddress.ip_address(name)
    except ValueError:
        code, check = HOSTNAME_MISMATCH, partial(identity.verify_certificate_hostname, leaf, name)
    else:
        code, check = IP_ADDRESS_MISMATCH, partial(identity.verify_certificate_ip_address, leaf, name)
    try:
        check()
    except (service_identity.VerificationError, service_identity.CertificateError, ValueError):
        return code
    return None
