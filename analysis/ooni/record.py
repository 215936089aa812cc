"""The evidence that is kept of one OONI measurement: what was tried, how it went, what the test helper saw.

It is small (about 1 kB of the 10 kB measured on average), holds no page bodies, and is all that verdicts are computed
from, so they can be computed again with other rules.
"""

from datetime import datetime
from typing import Literal

import msgspec

SCHEMA = 1  # of Record

Step = Literal["dns", "tcp", "tls", "quic", "http"]


class Attempt(msgspec.Struct, gc=False, omit_defaults=True):
    """One thing that was tried. `failure` None = it worked."""

    step: Step
    host: str | None = None
    address: str | None = None
    port: int | None = None
    failure: str | None = None
    own: bool = True  # dns: asked the system's resolver; False = another one
    answers: tuple[str, ...] = ()  # dns: addresses
    asns: tuple[int, ...] = ()  # dns: networks of the addresses
    secure: bool = False  # http: over TLS
    status: int | None = None  # http
    location: str | None = None  # http: where a redirect leads
    received: int = 0  # tls that timed out: bytes that came all the same
    names: tuple[str, ...] = ()  # tls that failed: DNS names of the certificate shown
    interceptor: str | None = None  # tls that failed: who is known to sign so


class Outside(msgspec.Struct, gc=False, omit_defaults=True):
    """What the test helper saw."""

    http_works: bool = False
    addresses: tuple[str, ...] = ()  # its own DNS answer
    name_exists: bool = True  # False: its resolver says there is no such name
    unreachable: tuple[str, ...] = ()  # addresses of the probe that it could not connect to either
    tls_failures: tuple[str, ...] = ()  # failure words of its handshakes


class Record(msgspec.Struct, omit_defaults=True):
    """One measurement."""

    id: str  # identity: the same measurement has the same id in every file
    source: str  # measurement_uid, else report id and input
    test: str
    time: datetime
    platform: str
    schema: int = SCHEMA
    input: str | None = None
    asn: int | None = None
    country: str | None = None
    network: str | None = None  # wifi | mobile | vpn ...
    runtime: float | None = None  # seconds
    attempts: tuple[Attempt, ...] = ()
    outside: Outside | None = None  # None: no test helper took part, or it failed
    page_differs: bool | None = None  # the page is another than the one the test helper got
    block_page: str | None = None  # a page that came in clear text: id of a row of `block_pages`
    broken: str | None = None  # the measurement itself failed: why

    @property
    def vantage(self) -> str:
        """OONI names no vantage: network and kind of access stand for it (DESIGN section 8)."""
        return f"AS{self.asn or 0}/{self.network or 'unknown'}"
