"""One import: each file read by what its content is, then everything new committed."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from analysis.importing.counts import Counts
from analysis.importing.flat_table import NotATable, csv_header, import_csv, import_parquet
from analysis.importing.reading import head
from analysis.parquet_store import Writer, open_writer
from analysis.tables import FLAT, OBSERVATIONS, OONI


class Stages:
    """Where the readers put what they find."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.rows = writer.stage(FLAT)  # rows of flat tables
        self.derived = writer.stage(FLAT)  # rows that sum up the records below
        self.ooni = writer.stage(OONI)
        self.observations = writer.stage(OBSERVATIONS)


Reader = Callable[[Path, Stages, Counts], None]


def _csv(path: Path, stages: Stages, counts: Counts) -> None:
    import_csv(path, stages.writer, stages.rows, counts)


def _parquet(path: Path, stages: Stages, counts: Counts) -> None:
    import_parquet(path, stages.writer, stages.rows, counts)


# What a file starts with -> who reads it; the last takes all that is left.
READERS: Final[tuple[tuple[Callable[[bytes], bool], Reader], ...]] = (
    (lambda start: start.startswith(b"PAR1"), _parquet),
    (lambda start: "time" in csv_header(start)[1], _csv),
)


def reader_of(path: Path) -> Reader | None:
    """Who reads this file; None if nobody knows it."""
    start = head(path, 1 << 16)
    return next((reader for fits, reader in READERS if fits(start)), None)


def import_files(files: Iterable[Path], store: Path, progress: Callable[[Path], None]) -> Counts:
    """Bring `files` (folders: all files in them) into `store`. Raises OSError, StoreBusy."""
    counts = Counts()
    with open_writer(store) as writer:
        stages = Stages(writer)
        for path in _expanded(files):
            progress(path)
            counts.files += 1
            _import_one(path, stages, counts)
        for stage in (stages.rows, stages.ooni, stages.observations):
            added = stage.commit()
            counts.kept += added.rows
            counts.duplicates += added.duplicates
        stages.derived.commit()
    return counts


def _import_one(path: Path, stages: Stages, counts: Counts) -> None:
    reader = reader_of(path)
    if reader is None:
        counts.refuse("unknown_format", str(path))
        return
    try:
        reader(path, stages, counts)
    except NotATable as error:
        counts.refuse("not_a_flat_table", str(error))


def _expanded(files: Iterable[Path]) -> Iterator[Path]:
    for path in files:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        else:
            yield path
