"""What is different in one scenario's world. Types only; names are literal or globs ("*.vk.com", "*")."""

from fnmatch import fnmatchcase
from typing import Literal

import msgspec

# Of certificates. Stands here, not with them, so that the path process need not load `cryptography`.
Kind = Literal["genuine", "state", "expired", "wrong_name", "self_signed"]
Who = Literal["system", "trusted", "all"]
Says = Literal["nxdomain", "servfail", "refused", "empty", "silence", "regional", "portal", "addresses"]
Page = Literal["expected", "captcha", "geo", "error", "login", "other", "redirect"]


class NameChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a resolver does with some names; the first change that matches decides."""

    names: tuple[str, ...]
    by: Who = "system"
    says: Says | None = None  # None: the usual answer
    addresses: tuple[str, ...] = ()  # with `says: addresses`
    delay: float = 0.0  # seconds before it answers
    loss: float = 0.0  # share of questions that it does not answer, 0 to 1
    spare_first: int = 0  # so many questions for a name are answered as usual before


class SiteChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a site does differently; the first change that matches decides."""

    names: tuple[str, ...]
    page: Page = "expected"
    status: int | None = None  # with `page: error`
    certificate: Kind = "genuine"
    delay: float = 0.0  # seconds before the answer's first byte
    rate: float | None = None  # bytes/s of an answer's body; None: as fast as the path lets it
    plain_too: bool = True  # False: only over TLS


class WorldChanges(msgspec.Struct, frozen=True, kw_only=True):
    """All changes of a scenario."""

    names: tuple[NameChange, ...] = ()
    sites: tuple[SiteChange, ...] = ()
    dead: tuple[str, ...] = ()  # names whose addresses nothing answers on
    dead_ipv6: tuple[str, ...] = ()  # the same, for their IPv6 addresses only
    no_quic: tuple[str, ...] = ()  # names that offer no HTTP/3
    captive_portal: bool = False  # every name and every connection leads to a login page
    nat64: bool = False  # IPv4 servers answer under 64:ff9b::/96 too, and the resolver says so (DNS64)
    real_servers: bool = False  # nginx and unbound stand in for our web servers and the provider's resolver


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """True if `name` is one of `patterns` or fits one."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def name_change(world: WorldChanges, name: str, trusted: bool) -> NameChange | None:
    """The change a resolver makes for `name`."""
    who = ("trusted" if trusted else "system", "all")
    return next((one for one in world.names if one.by in who and matches(name, one.names)), None)


def site_change(world: WorldChanges, name: str, secure: bool = True) -> SiteChange | None:
    """The change `name` makes; `secure` tells TLS from clear text."""
    return next(
        (one for one in world.sites if matches(name, one.names) and (secure or one.plain_too)),
        None,
    )
