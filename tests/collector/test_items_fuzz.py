"""The ingest parser against bytes of strangers: a row or a reason, never an exception."""

from contextlib import suppress
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.items import Refused, Row, read_item
from measurements.batch import Header
from measurements.sealing import BatchError, pack, read_header, unpack, unseal
from tests.collector.emulated import header, item, observation

LINE = msgspec.json.encode(item(observation()))
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
FIELDS = sorted(msgspec.json.decode(LINE)) + sorted(msgspec.json.decode(LINE)["record"])


@given(st.binary())
def test_any_bytes_give_a_row_or_a_reason(line: bytes) -> None:
    assert isinstance(read_item(line, 1000), Row | Refused)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(LINE) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_good_line_with_bytes_turned_gives_a_row_or_a_reason(changes: list[tuple[int, int]]) -> None:
    line = bytearray(LINE)
    for place, byte in changes:
        line[place] = byte
    assert isinstance(read_item(bytes(line), 100_000), Row | Refused)


@settings(max_examples=300)
@given(st.sampled_from(FIELDS), JSON, st.booleans())
def test_any_value_in_any_field_gives_a_row_or_a_reason(field: str, value: Any, inside: bool) -> None:
    told = msgspec.json.decode(LINE)
    (told["record"] if inside else told)[field] = value
    line = msgspec.json.encode(told)
    found = read_item(line, 1 << 20)
    if isinstance(found, Row):  # what was taken can be read again
        msgspec.json.decode(msgspec.json.encode(found.record), type=type(found.record))


@given(st.binary())
def test_any_bytes_are_refused_as_header_body_and_seal(data: bytes) -> None:
    for read in (read_header, unpack, lambda sealed: unseal(sealed, {})):
        with suppress(BatchError):
            read(data)


def test_what_was_packed_is_unpacked() -> None:
    head: Header = header()
    first, line = unpack(pack(head, [msgspec.json.decode(LINE, type=type(item(observation())))]))
    assert read_header(first) == head
    assert isinstance(read_item(line, len(line)), Row)
