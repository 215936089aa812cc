"""An invite: what the operator hands to one volunteer, and what the device keeps of it.

A small JSON (or YAML) file, handed over by a way that both trust. Whoever holds it can send results in this vantage's
name until the operator revokes it; it cannot read any.
"""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from measurements.errors import ConfigurationError
from measurements.sealing import key_from_text
from measurements.targets import Helper

VERSION: Final = 1
# An invite with helper addresses is about 1 kB.
_LARGEST: Final = 65_536


class InviteError(ConfigurationError):
    """The invite cannot be used; the text says why and what to do."""


class Invite(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Addresses, key and token of one vantage."""

    version: int = VERSION
    id: str  # by which the operator knows the vantage
    collectors: tuple[str, ...]  # URLs, tried in turn
    key: str  # the operator's public key (`measurements.sealing.key_text`)
    token: str
    helper: Helper | None = None  # used only with its own consent


def read_invite(path: Path) -> Invite:
    """Read and check a file. Raises InviteError."""
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST + 1)
    except OSError as error:
        raise InviteError(f"the invite {path} cannot be read: {error.strerror}") from None
    return parse_invite(text, str(path))


def parse_invite(text: bytes, name: str) -> Invite:
    """Check an invite's bytes; `name` stands for it in errors. Raises InviteError."""
    if len(text) > _LARGEST:
        raise InviteError(f"{name} is too large to be an invite")
    try:
        invite = msgspec.yaml.decode(text, type=Invite)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InviteError(f"{name} is no invite ({error}); ask the operator for a new one") from None
    problem = _problem(invite)
    if problem:
        raise InviteError(f"the invite {name} cannot be used: {problem}; ask the operator for a new one")
    return invite


def _problem(invite: Invite) -> str | None:
    if invite.version > VERSION:
        return "it was written for a newer Efir"
    if not invite.collectors:
        return "it names no collector"
    for url in invite.collectors:
        if not is_collector_url(url):
            return f"{url} is not an address such as https://collector.example"
    if len(invite.token) < 32:
        return "its token is too short"
    try:
        key_from_text(invite.key)
    except ValueError:
        return "its key is damaged"
    return None


def is_collector_url(url: str) -> bool:
    """True for http(s) URLs with a host and neither user nor query."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it raises ValueError for a port that is none
    except ValueError:
        return False
    plain = not (parts.username or parts.query or parts.fragment)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain
