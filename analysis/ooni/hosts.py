"""A measurement's attempts, gathered by the host they were made at."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import msgspec

from analysis.ooni.platforms import APP_PLATFORMS, host_of
from analysis.ooni.record import Attempt, Record

# Facebook's own networks: its app test calls an answer from elsewhere false (ooni/spec ts-019).
_HOME_NETWORKS: Final = {"facebook_messenger": frozenset({32934, 54115, 63293})}
# Providers run caches of Facebook's files in their own networks; of its other names they run none.
_CACHED: Final = "fbcdn.net"
# WhatsApp's chat hosts stand for each other: only all of them failing stops the app (ooni/spec ts-018).
_CHAT: Final = re.compile(r"e\d+\.whatsapp\.net")
# Telegram's data centres are addresses without a name, and one is enough (ooni/spec ts-020).
_ADDRESS: Final = re.compile(r"[0-9.]+|.*:.*")
DATA_CENTRES: Final = "dc"


class Host(msgspec.Struct, gc=False):
    """All attempts at one host, or at hosts that stand for each other."""

    name: str
    answers: set[str] = msgspec.field(default_factory=set)  # addresses that the system's resolver gave
    # Addresses that other resolvers gave, asked from the same line.
    others: set[str] = msgspec.field(default_factory=set)
    failures: list[str] = msgspec.field(default_factory=list)  # of the system's resolver
    denied: bool = False  # another resolver says that there is no such name
    strange: bool = False  # every answer lies outside the networks where the app is known to live
    misled: bool = False  # strange, and no cache explains it: connecting there proves nothing
    tcp: list[Attempt] = msgspec.field(default_factory=list)
    tls: list[Attempt] = msgspec.field(default_factory=list)
    http: list[Attempt] = msgspec.field(default_factory=list)

    @property
    def worked(self) -> bool:
        """Something came back: an answer, a connection, a page, a certificate (be it a bad one)."""
        return bool(self.answers) or any(
            attempt.failure is None or attempt.failure.startswith("ssl_")
            for attempts in (self.tcp, self.tls, self.http)
            for attempt in attempts
        )


def hosts_of(record: Record) -> list[Host]:
    """The hosts of a measurement, the input's own first."""
    app = record.test in APP_PLATFORMS
    main = DATA_CENTRES if app else host_of(record.input) or ""
    home = _HOME_NETWORKS.get(record.test)
    hosts: dict[str, Host] = {}
    owner = _owners(record.attempts)
    for attempt in record.attempts:
        name = attempt.host or owner.get(attempt.address or "") or main
        if app:
            name = _alias(name)
        host = hosts.get(name)
        if host is None:
            host = hosts[name] = Host(name)
        if attempt.step == "dns":
            _answered(host, attempt, home)
        elif attempt.step == "tcp":
            host.tcp.append(attempt)
        elif attempt.step == "tls":
            host.tls.append(attempt)
        elif attempt.step == "http":
            host.http.append(attempt)
    return sorted(hosts.values(), key=lambda host: host.name != main)


def _owners(attempts: Iterable[Attempt]) -> dict[str, str]:
    """address -> name that led to it; connections name an address alone."""
    owner: dict[str, str] = {}
    for attempt in attempts:
        if attempt.host is None:
            continue
        for address in attempt.answers:
            owner.setdefault(address, attempt.host)
        if attempt.address:
            owner.setdefault(attempt.address, attempt.host)
    return owner


@lru_cache(maxsize=4096)
def _alias(name: str) -> str:
    if _ADDRESS.fullmatch(name):
        return DATA_CENTRES
    return "chat" if _CHAT.fullmatch(name) else name


def _answered(host: Host, attempt: Attempt, home: frozenset[int] | None) -> None:
    if attempt.own:
        host.answers.update(attempt.answers)
        if not attempt.answers:
            # Reports of 2018 and before name no failure where an answer was empty.
            host.failures.append(attempt.failure or "dns_no_answer")
        host.strange = home is not None and bool(attempt.asns) and home.isdisjoint(attempt.asns)
        host.misled = host.strange and not host.name.endswith(_CACHED)
    else:
        host.others.update(attempt.answers)
        host.denied |= attempt.failure == "dns_nxdomain_error"
