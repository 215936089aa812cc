"""The server_name out of a TLS ClientHello, from as many bytes as a box has seen. Pure.

RFC 8446 section 4.1.2 (ClientHello), RFC 6066 section 3 (server_name); records may cut the handshake message anywhere.
"""

from lab.censor.names import MORE, More

_HANDSHAKE, _CLIENT_HELLO, _SERVER_NAME = 22, 1, 0

# A record holds at most 2^14 bytes (RFC 8446 section 5.1); a ClientHello longer than this is none.
_LONGEST_HELLO = 1 << 16


def sni_of_stream(data: bytes) -> str | More | None:
    """The name in a TCP stream's first bytes: "" for a ClientHello without one, None for what is no ClientHello."""
    message = b""
    offset = 0
    while offset + 5 <= len(data):
        if data[offset] != _HANDSHAKE or data[offset + 1] != 3:
            return None
        length = int.from_bytes(data[offset + 3 : offset + 5], "big")
        message += data[offset + 5 : offset + 5 + length]
        offset += 5 + length
    if data and data[0] != _HANDSHAKE:
        return None
    return sni_of_hello(message)


def sni_of_hello(message: bytes) -> str | More | None:
    """The name in a handshake message (no record headers); results as `sni_of_stream`."""
    if len(message) >= 1 and message[0] != _CLIENT_HELLO:
        return None
    if len(message) < 4:
        return MORE
    length = int.from_bytes(message[1:4], "big")
    if length > _LONGEST_HELLO:
        return None
    hello = message[4 : 4 + length]
    try:
        return _walk(hello, length)
    except IndexError:
        return MORE if len(hello) < length else None


def _walk(hello: bytes, length: int) -> str:
    """The name in a hello that has `length` bytes in all; IndexError where the bytes end before the answer does."""
    at = 2 + 32  # version, random
    at += 1 + hello[at]  # session id
    at += 2 + _number(hello, at)  # cipher suites
    at += 1 + hello[at]  # compression methods
    if at == length:
        return ""  # TLS 1.2 may leave extensions out
    end = at + 2 + _number(hello, at)
    at += 2
    while at < end:
        kind, size = _number(hello, at), _number(hello, at + 2)
        if kind == _SERVER_NAME:
            # list length (2), type (1), name length (2), name
            letters = _number(hello, at + 7)
            name = hello[at + 9 : at + 9 + letters]
            if len(name) < letters:
                raise IndexError
            return name.decode("ascii", "replace").lower()
        at += 4 + size
    return ""


def _number(data: bytes, at: int) -> int:
    return data[at] << 8 | data[at + 1]
