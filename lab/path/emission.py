"""What a censor's box sends on. Pure."""

from typing import NamedTuple


class Emission(NamedTuple):
    """A packet that leaves the box at `hop`, at `at` seconds of the scenario's clock, `up` or down the path.

    `forged` packets begin their way at the box and lose TTL only from there; others crossed the whole path.
    """

    at: float
    up: bool
    data: bytes
    hop: int
    forged: bool = False
