"""From a sealed body to a batch for the store: unseal, know the sender, unpack, read, place in time and network.

Runs in a worker thread. Nothing is unpacked before the seal and the MAC of a known invite have been checked, nothing
is read before the vantage's allowance was charged: a stranger costs us one failed decryption.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from collector.clock import SECOND, offset, place
from collector.items import Refused, Row, read_item
from collector.keys import Keys
from collector.limits import Limits
from collector.networks import UNKNOWN, Network
from collector.rates import Buckets
from collector.store import Batch, Sender, Store, Stored
from measurements.batch import Header, ItemAnswer
from measurements.microseconds import from_microseconds, microseconds
from measurements.records import Observation, VerdictLine
from measurements.sealing import BatchError, mac, read_header, same, unpack, unseal

# The time of arrival is kept this coarse: joined with an operator's records, seconds would name the volunteer.
_ARRIVAL_STEP: Final = 300 * SECOND
# Allowance is charged by the started megabyte of unpacked body.
_MEGABYTE: Final = 1_000_000


class TooOften(Exception):
    """The vantage has had its share; `wait` in whole seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__(wait)
        self.wait = wait


@dataclass(frozen=True)
class Opened:
    """A body whose sender is known, not yet read."""

    sender: Sender
    proof: bytes
    header: Header
    lines: list[bytes]
    size: int  # bytes


def open_batch(sealed: bytes, keys: Keys, store: Store, limits: Limits) -> Opened:
    """Raises BatchError: those of `unseal`, `unpack`, `read_header`; `unknown_token`, `bad_mac`, `too_many_items`."""
    proof, given_mac, body = unseal(sealed, keys.by_id)
    sender = store.sender(hashlib.sha256(proof).digest())
    if sender is None:
        raise BatchError("unknown_token")
    if not same(mac(proof, body), given_mac):
        raise BatchError("bad_mac")
    first, *lines = unpack(body, limits.body)
    if len(lines) > limits.items:
        raise BatchError("too_many_items")
    return Opened(sender, proof, read_header(first), lines, sum(map(len, lines)))


def charge(opened: Opened, buckets: Buckets, now: float) -> None:
    """Raises TooOften."""
    wait = buckets.take(str(opened.sender.number).encode(), now, 1 + opened.size // _MEGABYTE)
    if wait:
        raise TooOften(wait)


def read_batch(opened: Opened, limits: Limits, received: datetime, network: Network, store: Store) -> Batch:
    """Rows and refusals. `network` is that of the connection, unknown for a batch carried by hand."""
    results: list[Row] = []
    refused: list[ItemAnswer] = []
    for line in opened.lines:
        item = read_item(line, limits.record)
        if isinstance(item, Refused):
            refused.append(ItemAnswer(id=item.id, status="rejected", reason=item.reason))
        else:
            results.append(item)
    now = microseconds(received)
    sent_at = microseconds(opened.header.sent_at)
    if opened.sender.withdrawn is not None and sent_at <= opened.sender.withdrawn:
        refused += [ItemAnswer(id=row.id, status="rejected", reason="withdrawn") for row in results]
        return Batch(opened.sender, [], refused, _coarse(now), None)
    learnt = (opened.header.vantage, network) if opened.header.vantage and network != UNKNOWN else None
    networks = store.networks_of({row.vantage for row in results if row.vantage})
    if learnt is not None:
        networks[learnt[0]] = network
    behind = offset(sent_at, now, opened.header.carried)
    rows = [_stored(row, now, behind, networks.get(row.vantage or "", UNKNOWN)) for row in results]
    return Batch(opened.sender, rows, refused, _coarse(now), learnt)


def _coarse(now: int) -> int:
    return now - now % _ARRIVAL_STEP


def _stored(row: Row, now: int, behind: int | None, network: Network) -> Stored:
    placed = place(row.time, behind, now)
    flags = [flag for flag, holds in _FLAGS if holds(row, network)]
    if placed.corrected:
        flags.append("clock_corrected")
    if placed.problem:
        flags.append(placed.problem)
    asn = row.asn if network.asn is None else network.asn
    country = network.country or row.country
    return Stored(
        kind=row.kind,
        id=row.id,
        state="quarantined" if placed.problem else "accepted",
        flags=" ".join(flags),
        time=placed.time,
        raw_time=row.time,
        received=_coarse(now),
        run_id=row.run_id,
        vantage=row.vantage,
        platform=row.platform,
        asn=asn,
        country=country,
        record=_record(row, placed.time, placed.corrected, asn, country),
    )


# What a volunteer said of the network against what the connection showed.
_FLAGS: Final[tuple[tuple[str, Callable[[Row, Network], bool]], ...]] = (
    ("asn_mismatch", lambda row, network: None not in (row.asn, network.asn) and row.asn != network.asn),
    (
        "country_mismatch",
        lambda row, network: None not in (row.country, network.country) and row.country != network.country,
    ),
)


def _record(row: Row, time: int, corrected: bool, asn: int | None, country: str | None) -> bytes:
    """The record as it is to be read later: with the network learnt here, and the corrected time."""
    record = row.record
    if isinstance(record, Observation | VerdictLine):
        if (record.asn, record.country) != (asn, country):
            record = msgspec.structs.replace(record, asn=asn, country=country)
        if corrected:
            record = msgspec.structs.replace(record, time=from_microseconds(time))
    if corrected and isinstance(record, Observation):
        record = msgspec.structs.replace(record, flags=(*record.flags, "clock_corrected"))
    return msgspec.json.encode(record)
