"""Bounds of the collector, each with its reason."""

from dataclasses import dataclass

from measurements.batch import LARGEST_BODY, LARGEST_SEALED, MOST_ITEMS


@dataclass(frozen=True)
class Limits:
    """What one sender, and all of them together, may take."""

    sealed: int = LARGEST_SEALED  # bytes of one request
    body: int = LARGEST_BODY  # bytes of one batch after decompression
    items: int = MOST_ITEMS  # of one batch
    record: int = 1_000_000  # bytes of one item; the largest honest one (a transfer's series) has some 100 kB
    # Requests being read or waiting for the writer, together and from one network.
    buffered: int = 256_000_000  # bytes
    buffered_per_network: int = 32_000_000  # bytes: an eighth, so that one network cannot shut out the rest
    waiting: int = 64  # batches before the writer; beyond it senders are asked to come back
    read_seconds: float = 60.0  # for a request's body: 5 MB at 83 kB/s
    # Token buckets: so many at once, then one more every so many seconds.
    network_burst: int = 600  # requests; a mobile operator puts thousands of lines behind one address
    network_every: float = 0.5
    vantage_burst: int = 200  # batches: two months offline
    vantage_every: float = 30.0
    busy_seconds: int = 15  # Retry-After when there is no room
