"""Certificate authorities and leaves for tests, right or wrong on purpose."""

import ipaddress
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

_NOW = datetime.now(UTC)
_DAY = timedelta(days=1)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass
class Leaf:
    """A certificate with its key, in one PEM file."""

    certificate: x509.Certificate
    pem: Path

    def context(self, alpn: tuple[str, ...] = ("http/1.1",)) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT@SECLEVEL=0")  # a server may be as careless with its key as it likes
        context.load_cert_chain(self.pem)
        if alpn:
            context.set_alpn_protocols(list(alpn))
        return context


@dataclass
class Authority:
    """A root that issues leaves; without key identifiers, as simple scripts make them."""

    folder: Path
    name: str = "Test Root"
    country: str | None = None
    key: Key = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    _count: int = 0

    def __post_init__(self) -> None:
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, self.name)]
        if self.country:
            attributes.insert(0, x509.NameAttribute(NameOID.COUNTRY_NAME, self.country))
        self.subject = x509.Name(attributes)
        builder = self._builder(self.subject, self.key, _NOW - _DAY, _NOW + 30 * _DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.certificate = builder.sign(self.key, hashes.SHA256())
        self.pem = self.folder / f"{self.name.replace(' ', '-')}.pem"
        self.pem.write_bytes(_pem(self.certificate))

    def issue(
        self,
        *names: str,
        expired: bool = False,
        key: Key | None = None,
        key_ids: bool = False,
    ) -> Leaf:
        """A leaf for these names (or addresses), signed by this root, its root sent along."""
        leaf_key = key or ec.generate_private_key(ec.SECP256R1())
        end = _NOW - _DAY if expired else _NOW + 30 * _DAY
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        builder = self._builder(subject, leaf_key, _NOW - 2 * _DAY, end)
        alternatives = x509.SubjectAlternativeName([_alternative(name) for name in names])
        builder = builder.add_extension(alternatives, critical=False)
        if key_ids:
            identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
            builder = builder.add_extension(identifier, critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        self._count += 1
        pem = self.folder / f"{self.pem.stem}-{self._count}.pem"
        private = leaf_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        pem.write_bytes(_pem(certificate) + _pem(self.certificate) + private)  # the order aioquic wants
        return Leaf(certificate, pem)

    def _builder(
        self, subject: x509.Name, key: Key, start: datetime, end: datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
        )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
