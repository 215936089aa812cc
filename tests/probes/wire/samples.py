"""Good messages that tests take apart. The ClientHello is one of OpenSSL 3.0 for `good.test`, made here."""

import ssl
import tempfile
from pathlib import Path

from tests.certificates import Authority


def _hello() -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["h2", "http/1.1"])
    outgoing = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="good.test")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake with nobody ended")


OPENSSL_HELLO = _hello()
with tempfile.TemporaryDirectory() as _folder:
    LEAF = Authority(Path(_folder)).issue("good.test", key_ids=True).certificate
