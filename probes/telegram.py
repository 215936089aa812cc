"""`telegram`: does a data centre answer as one? TCP, then MTProto's unauthenticated first exchange.

It tells a data centre from a box that merely accepts connections, needs no account, and sends 48 bytes.
"""

from measurements.failures import UNKNOWN
from measurements.records import Observation, TelegramFacts
from probes.base import Context, Target
from probes.draft import Draft
from probes.wire import mtproto


async def probe(target: Target, context: Context) -> Observation:
    """Connect, send `req_pq_multi`, check that the `resPQ` carries our nonce."""
    nonce = context.clock.random_bytes(mtproto.NONCE_SIZE)
    with Draft(target, context, "telegram") as draft:
        draft.fields["telegram"] = TelegramFacts()
        connection = await draft.connect()
        clock = context.clock.monotonic
        async with draft.phase("first_byte", context.deadlines.http * draft.patience):
            await connection.write(mtproto.request(nonce, context.clock.wall()))
            sent = clock()
            data, answered = b"", 0.0
            while (size := mtproto.packet_size(data)) is None or len(data) < size:
                piece = await connection.read()
                if not piece:
                    raise EOFError
                answered = answered or clock()
                data += piece
        draft.phases["first_byte"] = answered - sent
        answer = mtproto.parse(data)
        if answer is None or answer.nonce != nonce:
            raise draft.fail("first_byte", f"{UNKNOWN}: no resPQ to our question")
        draft.fields["telegram"] = TelegramFacts(res_pq=True, key_fingerprints=answer.key_fingerprints)
    return draft.observation()
