"""One import: each file read by what its content is, then everything new committed."""

import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from analysis.importing.counts import Counts
from analysis.importing.csv_table import NotATable, csv_header
from analysis.importing.flat_table import import_csv, import_parquet
from analysis.importing.json_records import JsonReader
from analysis.importing.observation_table import import_observation_table
from analysis.importing.own_records import import_spool
from analysis.importing.reading import Damaged, chunks, head, is_compressed
from analysis.importing.stages import Stages
from analysis.ooni.platforms import Platforms
from analysis.parquet_store import open_writer
from measurements.batch import MAGIC
from measurements.state import StateFolder


class Import:
    """What the readers of one import share."""

    def __init__(self, stages: Stages, counts: Counts, platforms: Platforms) -> None:
        self.stages = stages
        self.counts = counts
        self.platforms = platforms
        self.json = JsonReader(stages, counts, platforms)


Reader = Callable[[Path, Import], None]


def _spool(path: Path, run: Import) -> None:
    import_spool(path, run.stages, run.counts)


def _parquet(path: Path, run: Import) -> None:
    import_parquet(path, run.stages.writer, run.stages.tables, run.counts)


def _csv(path: Path, run: Import) -> None:
    import_csv(path, run.stages.writer, run.stages.tables, run.counts)


def _ooni_table(path: Path, run: Import) -> None:
    import_observation_table(path, run.stages.writer, run.json.ooni, run.platforms, run.counts)


def _json(path: Path, run: Import) -> None:
    run.json.read(path)


def _bundle(path: Path, run: Import) -> None:
    hint = "sealed for its collector; there: efir collect take, then import the collector's file"
    run.counts.refuse("sealed_bundle", str(path), hint)


# What the (decompressed) content of a file starts with -> who reads it; the first that fits.
READERS: Final[tuple[tuple[Callable[[bytes], bool], Reader], ...]] = (
    (lambda start: start.startswith(b"SQLite format 3\0"), _spool),
    (lambda start: start.startswith(MAGIC), _bundle),
    (lambda start: start.startswith(b"PAR1"), _parquet),
    (lambda start: start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["), _json),
    (lambda start: "measurement_uid" in csv_header(start)[1], _ooni_table),
    (lambda start: "time" in csv_header(start)[1], _csv),
)


def reader_of(path: Path) -> Reader | None:
    """Who reads this file; None if nobody knows it."""
    # An encrypted spool begins with random bytes: only its name tells what it is.
    if path.suffix == ".sqlite3":
        return _spool
    start = head(path, 1 << 16)
    return next((reader for fits, reader in READERS if fits(start)), None)


def import_files(
    files: Iterable[Path], store: Path, platforms: Platforms, progress: Callable[[Path], None]
) -> Counts:
    """Bring `files` (folders: all files in them) into `store`. Raises OSError, StoreBusy."""
    counts = Counts()
    with _disk_errors(), open_writer(store) as writer, _no_search_for_cycles():
        run = Import(Stages(writer), counts, platforms)
        for path in _expanded(files):
            progress(path)
            counts.files += 1
            _import_one(path, run)
        counts.kept, counts.duplicates = run.stages.commit()
    return counts


@contextmanager
def _disk_errors() -> Iterator[None]:
    """A disk that is full is the same error whoever writes to it: OSError."""
    try:
        yield
    except duckdb.IOException as error:
        raise OSError(str(error).splitlines()[0]) from error


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Records are freed as soon as nobody holds them; looking for cycles among them took a tenth of an import."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _import_one(path: Path, run: Import) -> None:
    try:
        reader = reader_of(path)
    except OSError as error:
        run.counts.refuse("no_access", f"{path}: {error.strerror}")
        return
    try:
        if reader is None:
            if is_compressed(path):
                deque(chunks(path), maxlen=0)  # what is damaged at its beginning looks like nothing known
            run.counts.refuse("unknown_format", str(path))
        else:
            reader(path, run)
    except Damaged as damage:
        run.counts.refuse(str(damage).replace(" ", "_"), str(path))
    except NotATable as error:
        run.counts.refuse("not_a_table", str(error))


def _expanded(files: Iterable[Path]) -> Iterator[Path]:
    for path in files:
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
            beside = _beside_spools(found)
            yield from (p for p in found if p not in beside)
        else:
            yield path


def _beside_spools(files: list[Path]) -> set[Path]:
    """What lies in a state folder with its spool: key, consent and the like, which hold no measurements."""
    folders = [
        folder for folder in map(StateFolder, {file.parent for file in files}) if folder.spool.exists()
    ]
    return {own for folder in folders for own in folder.own_files() if own != folder.spool}
