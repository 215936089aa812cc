"""A file of sealed batches, to be carried by hand."""

from collections.abc import Sequence
from pathlib import Path

from measurements.batch import Item
from measurements.sealing import frame
from vantage.upload.batching import Sealer, fitting


def write_bundle(path: Path, items: Sequence[Item], sealer: Sealer) -> int:
    """Write `items` in as many batches as they need; gives the file's bytes. Raises OSError, FileExistsError."""
    rest = list(items)
    with path.open("xb") as file:
        while rest:
            batch = fitting(rest)
            rest = rest[len(batch) :]
            file.write(frame(sealer.results(batch, carried=True)))
        return file.tell()
