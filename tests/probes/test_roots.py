"""The list of roots: what is accepted, and what a person is told when it is not."""

import ssl
from pathlib import Path

import pytest

from probes.roots import Roots, RootsError, bundled
from probes.wire import client_hello
from tests.certificates import Authority


def test_the_bundled_list_loads() -> None:
    assert Roots(bundled()).count > 100


def test_each_connection_offers_its_own_protocols(authority: Authority) -> None:
    """One context serves all connections, so one made before must not change with the next."""
    roots = Roots(authority.pem)
    offers = [("h2", "http/1.1"), ("http/1.1",), ("h2",)]
    outgoing = [ssl.MemoryBIO() for _ in offers]
    made = [
        roots.wrap(ssl.MemoryBIO(), out, "good.test", alpn)
        for out, alpn in zip(outgoing, offers, strict=True)
    ]
    for tls in made:
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
    assert [_offered(out.read()) for out in outgoing] == offers


def _offered(record: bytes) -> tuple[str, ...]:
    """ALPN names of a ClientHello (RFC 7301, section 3.1)."""
    hello = client_hello.parse(record)
    assert hello is not None
    names, rest = [], (hello.body(16) or b"")[2:]
    while rest:
        names.append(rest[1 : 1 + rest[0]].decode())
        rest = rest[1 + rest[0] :]
    return tuple(names)


def test_comments_may_be_in_any_language(authority: Authority, tmp_path: Path) -> None:
    noted = tmp_path / "noted.pem"
    noted.write_text("# Менің түбірім\n" + authority.pem.read_text(), encoding="utf-8")
    assert Roots(noted).count == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(None, "cannot read the roots in {path}: No such file or directory", id="no file"),
        pytest.param("", "{path} holds no readable PEM certificates", id="an empty file"),
        pytest.param("hello", "{path} holds no readable PEM certificates", id="no certificates"),
    ],
)
def test_a_bad_file_is_told_at_once(content: str | None, told: str, tmp_path: Path) -> None:
    path = tmp_path / "roots.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(RootsError, match="PEM file") as caught:
        Roots(path)
    assert str(caught.value).startswith(told.format(path=path))
