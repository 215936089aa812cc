"""Invites: what is taken, and what is refused in words that help."""

from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from measurements.invite import Invite, InviteError, is_collector_url, read_invite
from measurements.sealing import key_text, token_text

GOOD = {
    "version": 1,
    "id": "0123456789",
    "collectors": ["https://collector.example", "http://[2001:db8::1]:8080/base"],
    "key": key_text(X25519PrivateKey.generate().public_key()),
    "token": token_text(bytes(32)),
    "helper": {"addresses": ["192.0.2.10"], "port": 443, "sha256": "ab" * 32},
}


@pytest.mark.parametrize("encode", [msgspec.json.encode, msgspec.yaml.encode], ids=["JSON", "YAML"])
def test_an_invite_is_json_or_yaml(tmp_path: Path, encode: object) -> None:
    path = tmp_path / "invite"
    path.write_bytes(encode(GOOD))  # type: ignore[operator] # one of the two above
    assert read_invite(path) == msgspec.convert(GOOD, Invite)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "written for a newer Efir"),
        ({"collectors": []}, "names no collector"),
        ({"collectors": ["ftp://x"]}, "ftp://x is not an address"),
        ({"token": "short"}, "token is too short"),
        ({"key": "damaged"}, "key is damaged"),
        ({"tokn": "x"}, "unknown field `tokn`"),
        ({"helper": {"addresses": 1}}, "is no invite"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_invite_says_why_and_whom_to_ask(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    path = tmp_path / "invite"
    path.write_bytes(msgspec.json.encode({**GOOD, **change}))
    with pytest.raises(InviteError, match=message) as refused:
        read_invite(path)
    assert "ask the operator for a new one" in str(refused.value)


def test_a_file_that_is_no_invite_is_refused(tmp_path: Path) -> None:
    for content in (b"\xff\xfe", b"<html>", b"[]", b"a: [", b"x" * 70_000):
        (tmp_path / "f").write_bytes(content)
        with pytest.raises(InviteError):
            read_invite(tmp_path / "f")
    with pytest.raises(InviteError, match="cannot be read"):
        read_invite(tmp_path / "missing")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "collector.example",
        "https://",
        "https://a b:x",
        "https://u:p@h",
        "https://h?q",
        "https://h:99999",
        "file:///etc",
    ],
)
def test_what_is_no_collector_address(url: str) -> None:
    assert not is_collector_url(url)
