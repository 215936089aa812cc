"""The helper's certificate: clients judge it by the SHA-256 of its DER form alone, whatever name it carries."""

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from ssl import PEM_cert_to_DER_cert

from measurements.errors import ConfigurationError

_VALID = timedelta(days=825)  # the longest that client libraries accept without remark


class CertificateError(ConfigurationError):
    """The certificate or key cannot be read or written; the text says which and why."""


def pin(path: Path) -> str:
    """SHA-256 of the first certificate in `path` (PEM), lower-case hex. Raises CertificateError."""
    try:
        text = path.read_text()
        end = "-----END CERTIFICATE-----"
        return hashlib.sha256(PEM_cert_to_DER_cert(text[: text.index(end) + len(end)].lstrip())).hexdigest()
    except (OSError, ValueError) as error:
        raise CertificateError(f"no certificate in {path} ({error}); make one with --make-cert") from error


def make(cert: Path, key: Path) -> None:
    """Write a self-signed P-256 certificate and its key (mode 0600). Refuses to overwrite; raises CertificateError."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "www")])  # says nothing about its purpose
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _VALID)
        .sign(private, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    _write_new(key, private.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain), 0o600)
    _write_new(cert, certificate.public_bytes(pem), 0o644)


def _write_new(path: Path, data: bytes, mode: int) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
    except OSError as error:
        raise CertificateError(
            f"cannot write {path} ({error.strerror}); --make-cert never overwrites"
        ) from error
