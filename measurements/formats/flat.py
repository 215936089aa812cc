"""The flat table: the format in which others bring data in and take it out (DESIGN section 10), as data.

One row per observation. `COLUMNS` is the contract, in its order: every reader and writer of the table walks this tuple.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from measurements.records import Observation
from measurements.rules.facts import NEUTRAL, no_route, spoiled

Kind = Literal["time", "text", "number", "count", "raw"]


@dataclass(frozen=True)
class Column:
    """One column: what it holds, its unit, and whether a row without it cannot be used."""

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    words: tuple[str, ...] = ()  # the only values allowed; empty = any


COLUMNS: Final = (
    Column("time", "time", "start of the observation, UTC", required=True),
    Column("vantage", "text", "pseudonym of who measured", required=True),
    Column("asn", "count", "number of the vantage's autonomous system"),
    Column("country", "text", "ISO 3166 code of the vantage's country"),
    Column("access", "text", "wifi, mobile, wired ..."),
    Column("platform", "text", "id of the platform; of a control row: the control's id", required=True),
    Column("endpoint", "text", "which host of the platform"),
    Column("role", "text", "target or control", required=True, words=("target", "control")),
    Column("probe", "text", "dns, tcp, tls, http, quic, telegram or transfer", required=True),
    Column("pair", "text", "same value on the two flows of a pair"),
    Column("arm", "text", "of a pair's control: helper, same_address or foreign"),
    Column("stage", "text", "step that failed: resolve, connect, tls, first_byte, transfer"),
    Column("failure", "text", "word of df-007; null = success"),
    Column("seconds", "number", "duration of the observation"),
    Column("bytes", "count", "bytes received"),
    Column("goodput_bytes_per_second", "number", "of a transfer; null: bytes / seconds stands in"),
)

NAMES: Final = tuple(column.name for column in COLUMNS)
REQUIRED: Final = tuple(column.name for column in COLUMNS if column.required)


def flat_row(o: Observation) -> tuple[object, ...] | None:
    """The row, in the order of `COLUMNS`; None for no evidence.

    That is: cancelled, measured wrongly, a comparison, or an address family that the line has no route for.
    """
    if spoiled(o) or no_route(o) or NEUTRAL in o.flags or (o.probe == "transfer" and o.flags):
        return None
    transfer = o.transfer
    # The table has no column to keep QUIC and uploads apart; without a pair they are in no comparison.
    pair = transfer.pair if transfer and transfer.main else None
    values: dict[str, object] = {
        "time": o.time,
        "vantage": o.vantage,
        "asn": o.asn,
        "country": o.country,
        "access": o.access,
        "platform": o.platform,
        "endpoint": o.endpoint,
        "role": o.role,
        "probe": o.probe,
        "pair": pair,
        "arm": transfer.arm if transfer and pair else None,
        "stage": o.stage,
        "failure": o.failure,
        "seconds": _seconds(o),
        "bytes": o.bytes_received,
        "goodput_bytes_per_second": transfer.goodput if transfer else None,
    }
    return tuple(values[name] for name in NAMES)


def _seconds(o: Observation) -> float | None:
    """Of a transfer the time since the body's first byte, so that bytes / seconds is a rate; else all phases."""
    phases = o.phases
    if o.probe == "transfer":
        return phases.transfer
    known = [p for p in (phases.resolve, phases.connect, phases.tls, phases.first_byte, phases.transfer) if p]
    return round(sum(known), 6) if known else None  # clocks tell no more than microseconds


def text_of(row: tuple[object, ...]) -> list[str]:
    """The row as CSV fields: times in ISO 8601 with a Z, numbers as short as they can be, nothing for null."""
    return [_text(value) for value in row]


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(value, datetime) else str(value)
