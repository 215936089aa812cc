"""Certificates of the lab: an honest authority, a state-like one, and leaves good and bad.

Keys are P-256: made in a fraction of a millisecond, so that each lab has its own.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.world.changes import Kind

KINDS: Final[tuple[Kind, ...]] = ("genuine", "state", "expired", "wrong_name", "self_signed")

LAB_CA: Final = (("C", "ZZ"), ("O", "Efir lab"), ("CN", "Efir lab root"))
# Subject of the root that intercepted in Kazakhstan in 2019 (IMC 2020, doi 10.1145/3419394.3423665); the key is ours.
STATE_CA: Final = (("C", "KZ"), ("CN", "Qaznet Trust Network"))

_OIDS: Final = {
    "C": NameOID.COUNTRY_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "CN": NameOID.COMMON_NAME,
}
_YEAR: Final = timedelta(days=365)
_DAY: Final = timedelta(days=1)


def _name(parts: tuple[tuple[str, str], ...]) -> x509.Name:
    return x509.Name([x509.NameAttribute(_OIDS[key], value) for key, value in parts])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class Authority:
    """A certificate authority that issues leaves."""

    def __init__(self, subject: tuple[tuple[str, str], ...]) -> None:
        self.now = datetime.now(UTC)
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = _name(subject)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - _YEAR)
            .not_valid_after(self.now + _YEAR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> bytes:
        """The root certificate."""
        return _pem(self.certificate)

    def issue(self, names: tuple[str, ...], expired: bool = False, self_signed: bool = False) -> bytes:
        """PEM of a leaf for `names` (the first is its common name), its root and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name((("CN", names[0][:64]),))
        end = self.now - _DAY if expired else self.now + 90 * _DAY
        signer, issuer = (key, subject) if self_signed else (self._key, self.certificate.subject)
        leaf = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now - 90 * _DAY)
            .not_valid_after(end)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
            )
            .sign(signer, hashes.SHA256())
        )
        root = b"" if self_signed else self.pem
        return _pem(leaf) + root + _key_pem(key)


class Wardrobe:
    """Leaves by names and kind, made when first asked for and kept as files (ssl loads only files)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lab = Authority(LAB_CA)
        self._state = Authority(STATE_CA)
        self._files: dict[tuple[tuple[str, ...], Kind], Path] = {}
        (folder / "ca.pem").write_bytes(self._lab.pem)

    @property
    def ca_file(self) -> Path:
        """Root that the client trusts (`--ca-file`)."""
        return self._folder / "ca.pem"

    def file(self, names: tuple[str, ...], kind: Kind = "genuine") -> Path:
        """PEM file with leaf, root and key."""
        key = (names, kind)
        if key not in self._files:
            path = self._folder / f"leaf-{len(self._files)}.pem"
            path.touch(mode=0o600)
            path.write_bytes(self._issue(names, kind))
            self._files[key] = path
        return self._files[key]

    def _issue(self, names: tuple[str, ...], kind: Kind) -> bytes:
        if kind == "state":
            return self._state.issue(names)
        if kind == "wrong_name":
            return self._lab.issue(("somewhere-else.lab",))
        return self._lab.issue(names, expired=kind == "expired", self_signed=kind == "self_signed")


def fingerprint(file: Path) -> str:
    """SHA-256 of the DER form of a file's first certificate, lower-case hex."""
    return x509.load_pem_x509_certificates(file.read_bytes())[0].fingerprint(hashes.SHA256()).hex()
