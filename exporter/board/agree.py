"""From what the vantages of a network say to what is said of the network, and how sure that is. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Final, Literal

from exporter.standing import badness

Confidence = Literal["single", "few", "divided", "agreed"]
CONFIDENCES: Final[tuple[Confidence, ...]] = ("single", "few", "divided", "agreed")
MIXED: Final = "mixed"
# What somebody does to a platform; the other verdicts are the platform's own trouble, or ours.
INTERFERENCE: Final = frozenset({"blocked", "intercepted", "throttled"})

# A word stands for a network when half of its vantages say it, as in the alert rules (affected_share).
_HALF: Final = 0.5
# Under three voices nothing is called agreed: one person's line could still be the cause.
_ENOUGH: Final = 3
# One dissenting voice in five is a vantage's own trouble more often than a split network.
_UNITED: Final = 0.8


@dataclass(frozen=True)
class Voices:
    """What the invites of one network say of one platform, one word each."""

    words: Mapping[str, str]  # invite -> verdict

    @property
    def count(self) -> int:
        return len(self.words)

    @cached_property
    def shares(self) -> dict[str, float]:
        """Verdict -> share of the invites, worst first."""
        counted = Counter(self.words.values())
        return {word: counted[word] / self.count for word in sorted(counted, key=badness)}

    @cached_property
    def word(self) -> str | None:
        """The worst word that half of them say; `MIXED` if none is; None if nobody speaks."""
        if not self.words:
            return None
        return next((word for word, share in self.shares.items() if share >= _HALF), MIXED)

    @property
    def agreeing(self) -> int:
        """How many say the word that stands."""
        return list(self.words.values()).count(self.word or "")

    @property
    def confidence(self) -> Confidence | None:
        """How far the voices carry; None if nobody speaks."""
        if not self.words:
            return None
        if self.count == 1:
            return "single"
        if self.word == MIXED or self.agreeing / self.count < _UNITED:
            return "divided"
        return "agreed" if self.agreeing >= _ENOUGH else "few"


def voices(said: Iterable[tuple[str, str | None]], k: int) -> Voices:
    """One voice for each invite, the worst of its vantages; none at all if fewer than `k` invites speak."""
    words: dict[str, str] = {}
    for invite, word in said:
        if word is not None:
            words[invite] = min(words.get(invite, word), word, key=badness)
    return Voices(words if len(words) >= k else {})


def ratio(said: Iterable[tuple[str, float | None]], k: int) -> float | None:
    """The median of the vantages' ratios; None if fewer than `k` invites have one."""
    known = [(invite, value) for invite, value in said if value is not None]
    if not known or len({invite for invite, _value in known}) < k:
        return None
    return median(value for _invite, value in known)
