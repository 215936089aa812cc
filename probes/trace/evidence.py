"""What a trace has seen and what it concluded. Types only; a TTL counts hops from 1, nearest to the client."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Method = Literal["dns", "syn", "hello", "flow"]

# expired: a hop said that the packet's TTL ended there. answer, reset, closed: what only the far end may say, or
# somebody in its name. refused: another ICMP error. unconnected: no connection to send on.
Word = Literal["expired", "answer", "reset", "closed", "refused", "silence", "unconnected"]


@dataclass(frozen=True)
class Heard:
    """One reply; `address` is the hop's, where the kernel tells it (never on an established TCP connection)."""

    word: Word
    address: str | None = None


@dataclass
class Series:
    """All replies to one name, by TTL."""

    replies: dict[int, list[Heard]] = field(default_factory=dict)

    def add(self, ttl: int, heard: list[Heard]) -> None:
        self.replies.setdefault(ttl, []).extend(heard or [Heard("silence")])

    def words(self, ttl: int) -> frozenset[Word]:
        return frozenset(each.word for each in self.replies.get(ttl, ()))

    def addresses(self) -> Mapping[int, str]:
        """The first hop address heard at each TTL; another flow may take another way (ECMP)."""
        found = ((ttl, each.address) for ttl, heard in self.replies.items() for each in heard)
        return {ttl: address for ttl, address in reversed(list(found)) if address is not None}


What = Literal["none", "forged", "reset", "closed", "dropped", "slowed", "unclear"]


@dataclass(frozen=True)
class Finding:
    """What a method says: the box stands at a hop from `hop_low` to `hop_high`, or `reason` tells why none is named."""

    what: What
    hop_low: int | None = None
    hop_high: int | None = None
    reason: str | None = None
