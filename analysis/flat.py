"""The flat table as the store keeps it: the contract's columns and a few of its own."""

from typing import Final

from measurements.formats.flat import COLUMNS, Column

# Never exported.
OWN_COLUMNS: Final = (
    Column("measurement", "text", "id of the OONI measurement the row sums up; null for all other rows"),
    Column("origin", "text", "flat, efir or ooni: what the row was imported from", required=True),
)

STORED: Final = COLUMNS + OWN_COLUMNS
STORED_NAMES: Final = tuple(column.name for column in STORED)
