"""Our ClientHello read back, and fingerprints that the rest of the world computes alike."""

import struct

from probes.wire.client_hello import ClientHello, ja4, parse
from tests.probes.wire.samples import OPENSSL_HELLO

# The worked example of JA4's technical description (a Chrome hello): its lists, and the fingerprint printed there.
CIPHERS = "1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035"
EXTENSIONS = "001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015"
ALGORITHMS = "0403,0804,0401,0503,0805,0501,0806,0601"
EXPECTED = "t13d1516h2_8daaf6152771_e5627efa2ab1"
GREASE = 0x3A3A


def _numbers(text: str) -> list[int]:
    return [int(part, 16) for part in text.split(",")]


def _body(kind: int) -> bytes:
    if kind == 0x000D:
        packed = b"".join(struct.pack(">H", number) for number in _numbers(ALGORITHMS))
        return struct.pack(">H", len(packed)) + packed
    if kind == 0x0010:
        return b"\x00\x0c\x02h2\x08http/1.1"
    if kind == 0x002B:
        return b"\x06" + struct.pack(">HHH", GREASE, 0x0304, 0x0303)
    return b""


def test_the_worked_example_of_the_description_comes_out() -> None:
    extensions = [(kind, _body(kind)) for kind in (GREASE, *_numbers(EXTENSIONS), GREASE)]
    assert ja4(ClientHello(0x0303, (GREASE, *_numbers(CIPHERS)), tuple(extensions))) == EXPECTED


def test_a_hello_without_extensions_has_a_fingerprint_too() -> None:
    assert ja4(ClientHello(0x0303, (0x002F,), ())) == "t12i010000_ba72b8082249_000000000000"


def test_openssls_own_hello_is_read_whole() -> None:
    hello = parse(OPENSSL_HELLO)
    assert hello is not None
    assert hello.body(0) == b"\0\x0c\0\0\x09good.test"
    assert ja4(hello).startswith("t13d")
    assert ja4(hello).split("_")[0].endswith("h2")


def test_what_is_no_hello_is_none() -> None:
    assert parse(b"") is None
    assert parse(b"GET / HTTP/1.1\r\n\r\n") is None
    assert parse(OPENSSL_HELLO[:-1]) is None
