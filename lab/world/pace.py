"""How an origin that is slow by itself hands out a body."""

from collections.abc import Iterator
from typing import Final

from lab.world.pages import Answer

# Pieces of a paced body are this long apart: short against the second over which goodput is judged.
_INTERVAL: Final = 0.05  # seconds
_UNPACED: Final = 64 << 10  # bytes


def pieces(answer: Answer) -> Iterator[tuple[bytes, float]]:
    """Pieces of the body, each with the seconds to wait after it."""
    size = _UNPACED if answer.rate is None else max(1, round(answer.rate * _INTERVAL))
    pause = 0.0 if answer.rate is None else size / answer.rate
    for start in range(0, len(answer.body), size):
        yield answer.body[start : start + size], pause
