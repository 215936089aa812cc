"""The closed vocabulary of failures, and how system errors map to it.

Words are those of OONI's df-007 (ooni/spec data-formats/df-007-errors.md). A failure says *how* a step failed, never
*why*: "connection_reset" is an observation, "blocked" is a verdict. What the table does not know keeps its scrubbed
text behind "unknown_failure: ", so that nothing is lost.
"""

import errno
import ssl
from typing import Final, Literal

Stage = Literal["resolve", "connect", "tls", "first_byte", "transfer"]

# Meaning of each word, in words for people; docs/failures.md is checked against it.
FAILURES: Final[dict[str, str]] = {
    "generic_timeout_error": "no answer within the deadline",
    "eof_error": "the other side closed the connection early (FIN)",
    "interrupted": "the probe was cancelled; no evidence",
    "connection_already_closed": "the connection was closed before it was used",
    "connection_refused": "a reset answered the first packet (SYN)",
    "connection_reset": "a reset (RST) came inside the connection",
    "connection_aborted": "the local system gave the connection up",
    "host_unreachable": "a router or the local system says: no way to this address",
    "network_unreachable": "no route to this network",
    "network_down": "the local network is down",
    "network_reset": "the local network dropped its connections",
    "timed_out": "the kernel gave up retransmitting",
    "permission_denied": "the local system forbids it (a firewall here)",
    "address_not_available": "no local address of this kind",
    "address_family_not_supported": "this address family is not supported here",
    "no_buffer_space": "the local system has no buffers left",
    "message_size": "the packet is too large for the path",
    "dns_nxdomain_error": "the resolver says the name does not exist",
    "dns_no_answer": "the resolver answers without an address",
    "dns_refused_error": "the resolver refuses to answer",
    "dns_servfail_error": "the resolver says it failed",
    "dns_server_misbehaving": "the resolver's answer cannot be understood",
    "dns_bogon_error": "the answer is an address that cannot be on the Internet",
    "dns_reply_with_wrong_query_id": "an answer came with another question's id",
    "ssl_invalid_hostname": "a certificate of a public root, but for another name",
    "ssl_unknown_authority": "a certificate that no public root vouches for",
    "ssl_invalid_certificate": "a certificate that is expired or otherwise not valid",
    "ssl_failed_handshake": "the TLS handshake failed (an alert, or bytes that are not TLS)",
    "quic_incompatible_version": "the server speaks no QUIC version of ours",
    "http_request_failed": "the answer is not HTTP, or breaks its rules",
    "http_unexpected_status_code": "another status than the one expected",
    "http_unexpected_redirect_url": "a redirect to another place than expected",
    "json_parse_error": "an answer that should be JSON is not",
}

UNKNOWN: Final = "unknown_failure"

_ERRNO: Final[dict[int, str]] = {
    errno.ECONNREFUSED: "connection_refused",
    errno.ECONNRESET: "connection_reset",
    errno.EPIPE: "connection_reset",  # writing after the peer's RST was read
    errno.ECONNABORTED: "connection_aborted",
    errno.EHOSTUNREACH: "host_unreachable",
    errno.ENETUNREACH: "network_unreachable",
    errno.ENETDOWN: "network_down",
    errno.ENETRESET: "network_reset",
    errno.ETIMEDOUT: "timed_out",
    errno.EACCES: "permission_denied",
    errno.EPERM: "permission_denied",
    errno.EADDRNOTAVAIL: "address_not_available",
    errno.EAFNOSUPPORT: "address_family_not_supported",
    errno.ENOBUFS: "no_buffer_space",
    errno.EMSGSIZE: "message_size",
    # Windows reports winsock numbers through the same attribute.
    10061: "connection_refused",
    10054: "connection_reset",
    10053: "connection_aborted",
    10065: "host_unreachable",
    10051: "network_unreachable",
    10050: "network_down",
    10060: "timed_out",
    10013: "permission_denied",
    10049: "address_not_available",
    10047: "address_family_not_supported",
}

# OpenSSL X509_V_ERR_* codes (openssl/x509_vfy.h) by what they say about the chain.
_UNKNOWN_AUTHORITY: Final = frozenset({2, 7, 18, 19, 20, 21, 24, 27, 28, 29, 79})
_INVALID_HOSTNAME: Final = frozenset({62, 64})


def of_certificate(verify_code: int) -> str:
    """Word for an OpenSSL verification code; expiry and the rest are `ssl_invalid_certificate`."""
    if verify_code in _INVALID_HOSTNAME:
        return "ssl_invalid_hostname"
    if verify_code in _UNKNOWN_AUTHORITY:
        return "ssl_unknown_authority"
    return "ssl_invalid_certificate"


def of_exception(error: BaseException) -> str:
    """Word for an exception from sockets, ssl or asyncio.

    An unknown one becomes `unknown_failure: <type>` without its text, which may carry an address.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return of_certificate(error.verify_code)
    if isinstance(error, TimeoutError) and getattr(error, "errno", None) is None:
        return "generic_timeout_error"
    if isinstance(error, EOFError | ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "eof_error"
    if isinstance(error, ssl.SSLError):
        return "ssl_failed_handshake"
    if isinstance(error, OSError) and error.errno is not None:
        word = _ERRNO.get(error.errno)
        if word is not None:
            return word
        return f"{UNKNOWN}: {errno.errorcode.get(error.errno, error.errno)}"
    return f"{UNKNOWN}: {type(error).__name__}"


def is_known(failure: str) -> bool:
    """True if `failure` is a word of the vocabulary or the marked last resort."""
    return failure in FAILURES or failure.startswith(UNKNOWN + ":")
