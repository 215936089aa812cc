"""Who may see the page of single vantages: whoever holds the token."""

import hmac
from pathlib import Path
from typing import Final

# 128 bits in hex digits; `openssl rand -hex 32` gives twice that.
SHORTEST: Final = 32


class TokenError(Exception):
    """The token file cannot be used; the text says why and what to do."""


def read_token(path: Path) -> str:
    """The token in a file, white space around it left out. Raises TokenError."""
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TokenError(f"{path}: the token cannot be read ({error})") from None
    if len(token) < SHORTEST or not token.isascii() or any(letter.isspace() for letter in token):
        raise TokenError(
            f"{path}: a token is {SHORTEST} letters and digits or more, on one line. To make one: openssl rand -hex 32"
        )
    return token


def allowed(authorization: str, token: str) -> bool:
    """Whether a request's Authorization header carries the token; compared in constant time."""
    scheme, _, given = authorization.partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())
