"""What the first bytes from a server are: TLS records, an alert, or no TLS at all."""

from typing import Final

_CONTENT_TYPES: Final = frozenset({20, 21, 22, 23})  # RFC 8446, section 5.1
_ALERT: Final = 21
_HEADER: Final = 5  # type, legacy version, length

# OpenSSL's reason words for alerts that came encrypted -> their numbers (RFC 8446, section 6).
_ALERT_REASONS: Final[dict[str, int]] = {
    "UNEXPECTED_MESSAGE": 10,
    "BAD_RECORD_MAC": 20,
    "RECORD_OVERFLOW": 22,
    "HANDSHAKE_FAILURE": 40,
    "BAD_CERTIFICATE": 42,
    "UNSUPPORTED_CERTIFICATE": 43,
    "CERTIFICATE_REVOKED": 44,
    "CERTIFICATE_EXPIRED": 45,
    "CERTIFICATE_UNKNOWN": 46,
    "ILLEGAL_PARAMETER": 47,
    "UNKNOWN_CA": 48,
    "ACCESS_DENIED": 49,
    "DECODE_ERROR": 50,
    "DECRYPT_ERROR": 51,
    "PROTOCOL_VERSION": 70,
    "INSUFFICIENT_SECURITY": 71,
    "INTERNAL_ERROR": 80,
    "INAPPROPRIATE_FALLBACK": 86,
    "USER_CANCELLED": 90,
    "MISSING_EXTENSION": 109,
    "UNSUPPORTED_EXTENSION": 110,
    "UNRECOGNIZED_NAME": 112,
    "BAD_CERTIFICATE_STATUS_RESPONSE": 113,
    "UNKNOWN_PSK_IDENTITY": 115,
    "CERTIFICATE_REQUIRED": 116,
    "NO_APPLICATION_PROTOCOL": 120,
}


def looks_like_tls(data: bytes) -> bool:
    """True if `data`, the first bytes of an answer, can begin a TLS record (as far as they reach)."""
    return (not data or data[0] in _CONTENT_TYPES) and (len(data) < 2 or data[1] == 3)


def plain_alert(data: bytes) -> int | None:
    """Number of the first unencrypted alert among the records at the start of `data`, or None."""
    at = 0
    while at + _HEADER <= len(data) and looks_like_tls(data[at:]):
        length = int.from_bytes(data[at + 3 : at + 5], "big")
        body = data[at + _HEADER : at + _HEADER + length]
        if data[at] == _ALERT and length == 2 and len(body) == 2:
            return body[1]
        at += _HEADER + length
    return None


def alert_of_reason(reason: str | None) -> int | None:
    """Alert number of OpenSSL's reason text, such as `TLSV1_ALERT_UNKNOWN_CA`; None if it names no alert."""
    if not reason or ("ALERT_" not in reason and not reason.startswith("TLSV1_")):
        return None
    word = reason.rpartition("ALERT_")[2].removeprefix("TLSV1_")
    return _ALERT_REASONS.get(word)
