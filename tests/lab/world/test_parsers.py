"""What the world's servers read from the network: any bytes may come."""

import random
import struct

import dns.message
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.world.changes import WorldChanges
from lab.world.plan import Plan
from lab.world.telegram import REQ_PQ, REQ_PQ_MULTI, RES_PQ, DataCentre, ProtocolError
from lab.world.zone import Zone

PLAN = Plan(networks={}, names={"a.test": ("11.1.1.1", "2a00:11::1")}, telegram=(), doh={})
ZONE = Zone(PLAN, WorldChanges(), trusted=False, chance=lambda: 1.0)


@given(st.binary(max_size=600))
def test_any_bytes_are_a_question_or_silence(wire: bytes) -> None:
    answer = ZONE.answer(wire)
    if answer.wire is not None:
        assert answer.wire[:2] == wire[:2]


@given(st.integers(0, 65535), st.sampled_from(["A", "AAAA", "HTTPS", "TXT"]))
def test_an_answer_has_the_questions_number_and_name(number: int, kind: str) -> None:
    query = dns.message.make_query("a.test", kind, id=number)
    wire = ZONE.answer(query.to_wire()).wire
    assert wire is not None
    assert query.is_response(dns.message.from_wire(wire))


@given(st.lists(st.binary(max_size=80), max_size=6))
def test_a_data_centre_answers_or_refuses_any_bytes(pieces: list[bytes]) -> None:
    centre = DataCentre(random.Random(1).randbytes)
    try:
        for piece in pieces:
            centre.feed(piece)
    except ProtocolError:
        return


@pytest.mark.parametrize("constructor", [REQ_PQ, REQ_PQ_MULTI])
@pytest.mark.parametrize("transport", ["abridged", "intermediate", "padded", "full"])
@given(nonce=st.binary(min_size=16, max_size=16), cut=st.integers(1, 50))
def test_each_transport_is_understood_however_its_bytes_are_cut(
    constructor: int, transport: str, nonce: bytes, cut: int
) -> None:
    payload = struct.pack("<qqiI", 0, 4 << 32, 20, constructor) + nonce
    length = struct.pack("<i", len(payload))
    stream = {
        "abridged": b"\xef" + bytes([len(payload) // 4]) + payload,
        "intermediate": b"\xee" * 4 + length + payload,
        "padded": b"\xdd" * 4 + length + payload,
        "full": struct.pack("<ii", len(payload) + 12, 0) + payload + b"\0" * 4,
    }[transport]
    centre = DataCentre(random.Random(1).randbytes)
    answer = b"".join(centre.feed(stream[at : at + cut]) for at in range(0, len(stream), cut))
    assert struct.pack("<I", RES_PQ) + nonce in answer
