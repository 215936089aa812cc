"""How long a first handshake under the platform's name is waited for."""

from dataclasses import replace
from typing import Final

from probes.base import Context

# At 1 kbit/s the first segment of an answer takes 12 s, and our own hello half of that: 25 s in place of 10 tell a
# crawl from silence.
PATIENCE: Final = 2.5


def patient(context: Context, times: float = PATIENCE) -> Context:
    """`context` with so many times its deadline for handshakes."""
    usual = context.deadlines
    return replace(context, deadlines=replace(usual, tls=usual.tls * times))
