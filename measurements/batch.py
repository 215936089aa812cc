"""What a batch holds: the lines that `measurements.sealing` packs and seals, and the collector's answer."""

from datetime import datetime
from typing import Final, Literal

import msgspec

VERSION: Final = 1
MAGIC: Final = b"EFIRB1"  # with which a sealed batch begins
# Bounds that the collector enforces and the device keeps to: a month offline is about 90 MB of records, which zstd
# makes a tenth of; smaller batches lose less to a cut connection.
LARGEST_SEALED: Final = 5_000_000
LARGEST_BODY: Final = 50_000_000
MOST_ITEMS: Final = 10_000
# The answer's header that carries the MAC over its body, in hex.
ANSWER_MAC: Final = "Efir-Answer-MAC"

# Why a collector refuses a record that is newer than itself; after its update it can take it.
LATER_SCHEMA: Final = "later_schema"

Kind = Literal["observation", "verdict", "summary", "throttle"]
Purpose = Literal["results", "withdraw"]


class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """First line of a body."""

    version: int = VERSION
    purpose: Purpose = "results"
    batch: str  # UUID, a new one for each attempt
    # UTC by the device's clock at sealing; its offset shows when the batch comes in directly
    sent_at: datetime
    carried: bool = False  # written to a file to be carried by hand: its age says nothing about the clock
    # Pseudonym on the network the batch is sent from, None through a proxy: only results of the same network may be
    # credited to the network that the connection comes from.
    vantage: str | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One result with what the spool knows beside it."""

    kind: Kind
    id: str
    time: datetime  # UTC by the device's clock
    run_id: str | None = None
    vantage: str | None = None  # pseudonym
    record: msgspec.Raw  # an Observation, VerdictLine, SummaryLine or ThrottleLine


class ItemAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one item; `accepted` and `duplicate` mean that the collector has it on disk."""

    id: str
    status: Literal["accepted", "duplicate", "rejected"]
    reason: str | None = None  # of a rejection, or `quarantined`


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The collector's answer to a batch that it could read."""

    batch: str
    items: tuple[ItemAnswer, ...] = ()
    withdrawn: int = 0  # results deleted on the volunteer's request
    schema: int = 0  # the newest `records.SCHEMA` that this collector knows; 0 = it does not say
    asn: int | None = None  # of the network the batch came from, if the operator's database knows it
    country: str | None = None
