"""`tcp`: can a connection be opened? Nothing is sent but the kernel's handshake."""

from measurements.records import Observation
from probes.base import Context, Target
from probes.draft import Draft


async def probe(target: Target, context: Context) -> Observation:
    """Connect to the target's address and port, then close."""
    with Draft(target, context, "tcp") as draft:
        await draft.connect()
    return draft.observation()
