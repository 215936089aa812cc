"""How much one client may take. Clients are known by a keyed hash that lives in memory only."""

import hashlib
import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Limits:
    """Bounds of the helper. A session of seven platforms takes about 100 MB of one client."""

    # The contract asks for at least 4 MB; twice that leaves room for a long pair that is followed further.
    largest_object: int = 8_388_608  # bytes; larger ones are refused
    largest_upload: int = 8_388_608  # bytes
    connections: int = 512  # at once, of all clients
    connections_per_client: int = 32  # at once; a session uses one or two, a shared address many
    bytes_per_client: int = 2_147_483_648  # in `window` seconds: room for ten vantages behind one address
    questions_per_client: int = 120  # control questions in `window` seconds
    window: float = 3_600.0
    head_seconds: float = 30.0  # a request's head, at 1 kbit/s too
    handshake_seconds: float = 30.0  # slow handshakes of a throttled flow take 2-20 s
    connection_seconds: float = 120.0  # the longest flow of a session lasts 20 s
    shutdown_seconds: float = 10.0  # flows under way may end


# Clients remembered at once; beyond it the one seen longest ago is forgotten.
_REMEMBERED: Final = 100_000


@dataclass
class _Account:
    since: float
    open: int = 0
    bytes: int = 0
    questions: int = 0


class Accounts:
    """Counts per client. `now` is seconds by any steady clock; `key` is random and never stored."""

    def __init__(self, limits: Limits, key: bytes) -> None:
        self._limits = limits
        self._key = key
        self._accounts: OrderedDict[bytes, _Account] = OrderedDict()
        self._open = 0

    def client(self, address: str) -> bytes:
        """The keyed hash of a client: of its address, or of its /64 in IPv6 (one household)."""
        parsed = ipaddress.ip_address(address.partition("%")[0])
        mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
        packed = (mapped or parsed).packed
        if len(packed) == 16:
            packed = packed[:8]
        return hashlib.blake2b(packed, key=self._key, digest_size=16).digest()

    def enter(self, client: bytes, now: float) -> bool:
        """Count a new connection; False = too many are open."""
        account = self._account(client, now)
        if self._open >= self._limits.connections or account.open >= self._limits.connections_per_client:
            return False
        account.open += 1
        self._open += 1
        return True

    def leave(self, client: bytes) -> None:
        """A counted connection has ended."""
        self._open -= 1
        if client in self._accounts:
            self._accounts[client].open -= 1

    def take(self, client: bytes, length: int, now: float) -> bool:
        """Count `length` bytes to send or to receive; False = the client has had its share."""
        account = self._account(client, now)
        if account.bytes + length > self._limits.bytes_per_client:
            return False
        account.bytes += length
        return True

    def ask(self, client: bytes, now: float) -> bool:
        """Count one control question; False = the client has asked enough."""
        account = self._account(client, now)
        if account.questions >= self._limits.questions_per_client:
            return False
        account.questions += 1
        return True

    def _account(self, client: bytes, now: float) -> _Account:
        account = self._accounts.setdefault(client, _Account(since=now))
        self._accounts.move_to_end(client)
        if now - account.since >= self._limits.window:
            account.since, account.bytes, account.questions = now, 0, 0
        if len(self._accounts) > _REMEMBERED:
            self._forget_oldest()
        return account

    def _forget_oldest(self) -> None:
        for client, account in self._accounts.items():
            if not account.open:
                del self._accounts[client]
                return
