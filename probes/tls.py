"""`tls`: does a handshake for this name at this address end with a certificate that a public root vouches for?"""

from measurements.records import Observation
from probes.base import Context, Target
from probes.draft import Draft
from probes.roots import BROWSER_ALPN


async def probe(target: Target, context: Context) -> Observation:
    """Connect, shake hands as a browser would (ALPN h2 and http/1.1), close; no application data is sent."""
    with Draft(target, context, "tls") as draft:
        connection = await draft.connect()
        await draft.handshake(connection, BROWSER_ALPN)
    return draft.observation()
