"""The flat table: the format in which others bring data in and take it out (DESIGN section 10), as data.

One row per observation. `COLUMNS` is the contract, in its order; `STORED` adds what the store keeps for itself. Every
reader and writer of the table walks these tuples, so a column is added here and nowhere else.
"""

from dataclasses import dataclass
from typing import Final, Literal

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

# What the store keeps beside the contract; never exported.
OWN_COLUMNS: Final = (
    Column("measurement", "text", "id of the OONI measurement the row sums up; null for all other rows"),
    Column("origin", "text", "flat, efir or ooni: what the row was imported from", required=True),
)

STORED: Final = COLUMNS + OWN_COLUMNS
NAMES: Final = tuple(column.name for column in COLUMNS)
STORED_NAMES: Final = tuple(column.name for column in STORED)
REQUIRED: Final = tuple(column.name for column in COLUMNS if column.required)


def unknown_columns(names: list[str]) -> list[str]:
    """Names that are not of the contract: they are left out, with a warning."""
    return [name for name in names if name not in NAMES]
