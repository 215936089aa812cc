"""What goes into a batch: the oldest waiting results, up to a size that a weak line can carry in one go."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from measurements.batch import Header, Item, Purpose
from measurements.ids import uuid7
from measurements.invite import Invite
from measurements.sealing import key_from_text, pack, seal
from measurements.store import Spool

# About 2 MB of records, 200 kB sealed: half a minute at 64 kbit/s.
ITEMS: Final = 1_000
_BYTES: Final = 4_000_000  # of records in one batch; transfers with long series reach it first


def next_items(spool: Spool) -> list[Item]:
    """The oldest results that wait, at most one batch of them. Raises StoreError."""
    return fitting(spool.waiting(ITEMS))


def fitting(items: Sequence[Item]) -> list[Item]:
    """As many of the first items as fit into a batch; at least one."""
    size = 0
    for number, item in enumerate(items):
        size += len(bytes(item.record))
        if number == ITEMS or (number and size > _BYTES):
            return list(items[:number])
    return list(items)


class Sealer:
    """Makes sealed batches for one invite."""

    def __init__(
        self,
        invite: Invite,
        vantage: str | None,
        clock: Callable[[], float],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        """`vantage`: pseudonym on the present network, None when batches leave by another one (a proxy, by hand)."""
        self._token = invite.token
        self._key: X25519PublicKey = key_from_text(invite.key)
        self.vantage = vantage
        self._clock = clock
        self._random_bytes = random_bytes

    def results(self, items: Sequence[Item], *, carried: bool = False) -> bytes:
        """A sealed batch of results; sealed anew for each attempt, so that it bears the time of sending."""
        return self._seal(self._header("results", carried), items)

    def withdrawal(self) -> bytes:
        """A sealed request to delete all that was sent under this invite."""
        return self._seal(self._header("withdraw", False), ())

    def _header(self, purpose: Purpose, carried: bool) -> Header:
        now = self._clock()
        batch = uuid7(now, self._random_bytes)
        sent_at = datetime.fromtimestamp(now, UTC)
        return Header(purpose=purpose, batch=batch, sent_at=sent_at, carried=carried, vantage=self.vantage)

    def _seal(self, header: Header, items: Sequence[Item]) -> bytes:
        return seal(pack(header, items), self._token, self._key)
