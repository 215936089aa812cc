"""One's own results as a file: everything that is stored, one JSON record a line."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from measurements.arrivals import Cursor
from measurements.store import Spool


def json_lines(spool: Spool) -> Iterator[bytes]:
    """Observations as `efir export --format jsonl` writes them, then lines as `--json` prints them, with their time."""
    stored = spool.arrivals(Cursor())
    for row in stored.observations:
        yield msgspec.json.encode(row) + b"\n"
    for line in stored.lines:
        about = {"time": line.time, "run_id": line.run_id}
        yield msgspec.json.encode(about | msgspec.to_builtins(line.record)) + b"\n"


def file_name(now: datetime) -> str:
    """It says what it is: a person must know what lies in the folder for downloads."""
    return f"efir-results-{now.astimezone(UTC):%Y-%m-%d}.jsonl"
