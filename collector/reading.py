"""Reading a request's body: bounded in size, time and memory, and fair between networks."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import StreamReader

from collector.limits import Limits


class Unread(Exception):
    """The body was not taken: `status` and `reason` of the answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Room:
    """Bytes held in memory, together and by network. Counted as they come, so that claiming room takes none."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.used = 0
        self.waiting = 0
        self._by_network: Counter[bytes] = Counter()

    @contextmanager
    def holder(self, network: bytes) -> Iterator["Holder"]:
        """A place for one body; what it holds is given back at the end."""
        holder = Holder(self, network)
        try:
            yield holder
        finally:
            self._give_back(network, holder.size)

    def take(self, network: bytes, size: int) -> None:
        """Raises Unread 503 `busy`."""
        limits = self._limits
        if (
            self.used + size > limits.buffered
            or self._by_network[network] + size > limits.buffered_per_network
        ):
            raise Unread(503, "busy")
        self.used += size
        self._by_network[network] += size

    def _give_back(self, network: bytes, size: int) -> None:
        self.used -= size
        self._by_network[network] -= size
        if not self._by_network[network]:
            del self._by_network[network]


class Holder:
    """One body's place."""

    def __init__(self, room: Room, network: bytes) -> None:
        self._room = room
        self._network = network
        self.size = 0

    async def read(self, content: StreamReader, limits: Limits) -> bytes:
        """The whole body. Raises Unread 408 `slow`, 413 `too_large`, 503 `busy`."""
        pieces = []
        try:
            async with asyncio.timeout(limits.read_seconds):
                while piece := await content.readany():
                    self._room.take(self._network, len(piece))
                    self.size += len(piece)
                    if self.size > limits.sealed:
                        raise Unread(413, "too_large")
                    pieces.append(piece)
        except TimeoutError:
            raise Unread(408, "slow") from None
        return b"".join(pieces)
