"""`targets.yaml` in memory: what is probed, and with what it is compared. Loading is in `targets_file`."""

from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

import msgspec

ProbeName = Literal["dns", "tcp", "tls", "http", "quic", "telegram"]
Scope = Literal["foreign", "domestic"]
Family = Literal["web", "image", "video"]


class Expect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a good HTTP answer looks like; every key given must hold."""

    status: int | tuple[int, ...] | None = None
    body_contains: str | None = None
    title_contains: str | None = None
    min_bytes: int | None = None


class Endpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One host of a platform: a URL, or an address and a port for what has no name."""

    id: str
    probes: tuple[ProbeName, ...]
    url: str | None = None
    address: str | None = None
    port: int | None = None
    expect: Expect | None = None
    kind: Literal["web", "api", "media", "messaging"] | None = None
    verified: bool = True  # False: could not be tried from a clean line when the file was written
    note: str | None = None

    @property
    def host(self) -> str | None:
        """Name in the URL, or None for an endpoint without a name."""
        return urlsplit(self.url).hostname if self.url else None

    @property
    def fixed_address(self) -> str | None:
        """The address of an endpoint that needs no resolver: given as such, or written in the URL."""
        if self.address is not None:
            return self.address
        try:
            return str(ip_address(self.host or ""))
        except ValueError:
            return None

    @property
    def scheme(self) -> str | None:
        return urlsplit(self.url).scheme if self.url else None

    @property
    def target_port(self) -> int:
        """Port to connect to: the given one, the URL's, or the scheme's."""
        if self.port is not None:
            return self.port
        parts = urlsplit(self.url or "")
        return parts.port or (80 if parts.scheme == "http" else 443)


class Discover(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to find a current object on the platform's own CDN: fetch `page`, take the first match of `pattern`."""

    page: str
    pattern: str


class Transfer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What throughput pairs download."""

    url: str | None = None
    discover: Discover | None = None
    family: Family = "web"
    neutral_sni: str | None = None
    min_bytes: int | None = None
    verified: bool = True
    note: str | None = None


class Platform(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the seven platforms."""

    name: str
    endpoints: tuple[Endpoint, ...]
    notices: tuple[str, ...] = ()
    transfer: Transfer | tuple[Transfer, ...] | None = None
    note: str | None = None

    @property
    def transfers(self) -> tuple[Transfer, ...]:
        """The transfer objects, one a host family."""
        if self.transfer is None:
            return ()
        return self.transfer if isinstance(self.transfer, tuple) else (self.transfer,)


class Control(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A site that nobody slows: what the platforms are compared with."""

    id: str
    name: str
    scope: Scope
    url: str
    probes: tuple[ProbeName, ...]
    transfer: Transfer | None = None
    expect: Expect | None = None
    network: str | None = None  # whose network it stands on; two controls of one network count once
    verified: bool = True
    note: str | None = None


class Resolver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The system's (no address), a plain one (`address`), or a trusted DoH one reached by address."""

    id: str
    doh: str | None = None
    tls_name: str | None = None
    address: str | None = None
    note: str | None = None


class Helper(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Our test helper; comes with an invite, never in the public file."""

    addresses: tuple[str, ...]
    port: int = 443
    sha256: str  # of the pinned certificate's DER form, lower-case hex
    neutral_sni: str | None = None


class Targets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    version: Literal[1]
    platforms: dict[str, Platform]
    controls: tuple[Control, ...] = ()
    resolvers: tuple[Resolver, ...] = ()
    helper: Helper | None = None
    updated: str | None = None
    note: str | None = None
