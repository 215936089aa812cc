"""Each system error that a peer can cause has its word."""

import errno
import ssl

import pytest

from measurements.failures import FAILURES, is_known, of_certificate, of_exception

CASES = [
    (ConnectionRefusedError(errno.ECONNREFUSED, "x"), "connection_refused"),
    (ConnectionResetError(errno.ECONNRESET, "x"), "connection_reset"),
    (OSError(errno.EHOSTUNREACH, "x"), "host_unreachable"),
    (OSError(errno.ENETUNREACH, "x"), "network_unreachable"),
    (TimeoutError(), "generic_timeout_error"),
    (TimeoutError(errno.ETIMEDOUT, "x"), "timed_out"),
    (EOFError(), "eof_error"),
    (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "ssl_failed_handshake"),
    (OSError(10054, "winsock"), "connection_reset"),
    (OSError(errno.ELOOP, "x"), "unknown_failure: ELOOP"),
    (ValueError("10.0.0.7 said no"), "unknown_failure: ValueError"),
]


@pytest.mark.parametrize(("error", "word"), CASES, ids=[word for _, word in CASES])
def test_each_error_has_its_word(error: BaseException, word: str) -> None:
    assert of_exception(error) == word
    assert is_known(word)


@pytest.mark.parametrize(
    ("code", "word"),
    [(62, "ssl_invalid_hostname"), (18, "ssl_unknown_authority"), (10, "ssl_invalid_certificate")],
)
def test_verification_codes_are_told_apart(code: int, word: str) -> None:
    assert of_certificate(code) == word


def test_every_word_has_a_meaning() -> None:
    assert all(meaning for meaning in FAILURES.values())
